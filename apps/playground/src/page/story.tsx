import type { JSX } from "preact";

/** What a flow does, in three steps: base, layers, data. */
export function Story(): JSX.Element {
  return (
    <ol class="story" aria-label="What a normalizing flow does">
      <li>
        <b>Base.</b> Points of a standard normal, a density that everyone knows.
      </li>
      <li>
        <b>Layers.</b> Invertible maps that bend space. Training chooses how.
      </li>
      <li>
        <b>Data.</b> Where the layers push points together, the density is high.
      </li>
    </ol>
  );
}
