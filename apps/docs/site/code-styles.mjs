const classes = new Map();

/** The colors of code as classes: a style at each word would be half of the site. */
export function shortStyles(md) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (...parts) =>
    fence(...parts)
      // No style has the names of the themes.
      .replace(/ shiki-themes [\w -]*(?= vp-code)/, "")
      .replaceAll(/<span style="(--shiki-[^"]*)">/g, (_all, style) => {
        if (!classes.has(style)) classes.set(style, `s${classes.size}`);
        return `<span class="${classes.get(style)}">`;
      });
}

/** The rules of all classes that were given. */
export function styleSheet() {
  return [...classes].map(([style, name]) => `.shiki .${name}{${style}}\n`).join("");
}
