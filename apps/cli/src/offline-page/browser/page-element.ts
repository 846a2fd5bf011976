/** An element of the page by its id. */
export function pageElement<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`page: expected an element ${id}, got none.`);
  return element as E;
}
