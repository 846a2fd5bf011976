import type { JSX } from "preact";
import { useRef } from "preact/hooks";

/** Explains the page, with the two formulas of a flow. */
export function HelpButton(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="plain" onClick={() => dialog.current?.showModal()}>
        What is this?
      </button>
      <dialog ref={dialog} aria-labelledby="help-title">
        <div class="help">
          <div class="card-head">
            <h2 id="help-title">A flow is a map that bends space</h2>
            <button type="button" class="plain" aria-label="Close" onClick={() => dialog.current?.close()}>
              ✕
            </button>
          </div>
          <p>
            Start with points of a standard normal, a round heap. Move them by a smooth map that can be undone, a neural
            network with that property built in. Where it pushes points together the density rises, where it pulls them
            apart it falls. Learning means finding the map that sends the heap to your data.
          </p>
          <h3>To draw: forward</h3>
          <p class="formula">
            <math display="block">
              <mi>x</mi>
              <mo>=</mo>
              <mi>T</mi>
              <mo>(</mo>
              <mi>u</mi>
              <mo>)</mo>
              <mo>,</mo>
              <mspace width="1.2em" />
              <mi>u</mi>
              <mo>∼</mo>
              <mi mathvariant="normal">N</mi>
              <mo>(</mo>
              <mn>0</mn>
              <mo>,</mo>
              <mn>1</mn>
              <mo>)</mo>
            </math>
          </p>
          <h3>To score: back</h3>
          <p class="formula">
            <math display="block">
              <mi>log</mi>
              <mspace width="0.2em" />
              <mi>p</mi>
              <mo>(</mo>
              <mi>x</mi>
              <mo>)</mo>
              <mo>=</mo>
              <mi>log</mi>
              <mspace width="0.2em" />
              <msub>
                <mi>p</mi>
                <mi>u</mi>
              </msub>
              <mo>(</mo>
              <msup>
                <mi>T</mi>
                <mrow>
                  <mo>−</mo>
                  <mn>1</mn>
                </mrow>
              </msup>
              <mo>(</mo>
              <mi>x</mi>
              <mo>)</mo>
              <mo>)</mo>
              <mo>+</mo>
              <mi>log</mi>
              <mspace width="0.2em" />
              <mo>|</mo>
              <mi>det</mi>
              <mspace width="0.2em" />
              <mfrac>
                <mrow>
                  <mo>∂</mo>
                  <msup>
                    <mi>T</mi>
                    <mrow>
                      <mo>−</mo>
                      <mn>1</mn>
                    </mrow>
                  </msup>
                </mrow>
                <mrow>
                  <mo>∂</mo>
                  <mi>x</mi>
                </mrow>
              </mfrac>
              <mo>|</mo>
            </math>
          </p>
          <p>
            The second is exact, and it is what training makes large on the points. The figure “held-out −log density”
            is its mean over points that were kept aside, in nats; lower is better, and a Gaussian’s stands beside it.
          </p>
          <h3>What you see</h3>
          <ul>
            <li>
              <b>Density</b>: the deeper the colour, the higher. Each line holds a share of the mass: the outermost 95
              %, the innermost 20 %.
            </li>
            <li>
              <b>How space bends</b>: the slider goes from the base, where your data look like a standard normal, layer
              by layer to the data. The grid is carried along.
            </li>
            <li>
              <b>The address bar</b> holds settings and seed: the same link gives the same run, to the bit on the same
              machine. A file of yours is never part of it.
            </li>
          </ul>
          <p>
            Nothing leaves this page: two workers train and draw, a reload finds your training again, and the model that
            you keep is the file that the command <code>pushforward</code> reads.
          </p>
        </div>
      </dialog>
    </>
  );
}
