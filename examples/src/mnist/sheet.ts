const GAP = 2;

/** Images `[count, size, size]` of numbers from 0 to 255 side by side, `columns` in a row, each pixel `zoom` pixels wide. */
export function sheet(
  images: ArrayLike<number>,
  size: number,
  columns: number,
  zoom: number,
): { readonly pixels: Uint8Array; readonly width: number; readonly height: number } {
  const count = images.length / size ** 2;
  const cell = size * zoom + GAP;
  const [width, height] = [columns * cell + GAP, Math.ceil(count / columns) * cell + GAP];
  const pixels = new Uint8Array(width * height).fill(128);
  for (let image = 0; image < count; image++) {
    const left = GAP + (image % columns) * cell;
    const top = GAP + Math.floor(image / columns) * cell;
    for (let i = 0; i < size * zoom; i++) {
      for (let j = 0; j < size * zoom; j++) {
        const at = (image * size + Math.floor(i / zoom)) * size + Math.floor(j / zoom);
        pixels[(top + i) * width + left + j] = images[at] as number;
      }
    }
  }
  return { pixels, width, height };
}
