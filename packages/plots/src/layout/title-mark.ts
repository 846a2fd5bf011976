import { fitText, textElement } from "../marks/text-element.ts";

/** Pixels that a title takes; 0 without one. */
export function titleHeight(title: string | undefined): number {
  return title ? 30 : 0;
}

/** The title at the upper left corner of a picture, whose margin is `outer` pixels. */
export function titleMark(title: string | undefined, outer: number, width: number): readonly string[] {
  if (!title) return [];
  const text = fitText(title, 16, width - 2 * outer);
  return [textElement(text, { x: outer, y: outer + 15, "font-size": 16, "font-weight": 600 })];
}
