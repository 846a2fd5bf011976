const pages = new Map();

/** The boxes of a page, which run each other's code. */
export function boxesOf(path) {
  const boxes = pages.get(path) ?? new Set();
  pages.set(path, boxes);
  return boxes;
}
