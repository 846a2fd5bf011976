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
          <div class="help-head">
            <h2 id="help-title">A flow is a map that bends space</h2>
            <button type="button" class="plain" aria-label="Close" onClick={() => dialog.current?.close()}>
              ✕
            </button>
          </div>
          <p>
            Start with points of a standard normal, the base. Move them by a smooth, invertible map made of a few
            layers, each with a neural network that chooses how it bends space. Where the map pushes points together the
            density rises; where it pulls them apart the density falls. Training finds the map that sends the base to
            your data.
          </p>
          <h3>Sampling: forward</h3>
          <SamplingFormula />
          <h3>Density: backward</h3>
          <DensityFormula />
          <p>
            The density is exact. Training minimizes its mean negative logarithm on the training rows, in nats per row.
            The validation loss is the same mean on a tenth of the rows that training does not see. Lower is better, and
            the loss of a Gaussian stands beside it.
          </p>
          <WhatYouSee />
          <h3>Tables</h3>
          <p>
            A CSV file with categories, dates or missing cells is learned column by column: the density of a row is the
            product of the probability of its first cell, of its second given the first, and so on. The gain of a column
            is what the columns before it tell of it, in nats per row on the validation rows. “All columns” and
            “Numbers” choose between this and a flow.
          </p>
          <p>
            Nothing leaves this page. A reload continues your training, and the model that you save is the file that the
            command <code>pushforward</code> reads.
          </p>
        </div>
      </dialog>
    </>
  );
}

/** `x = T(u), u ∼ N(0, 1)`. */
function SamplingFormula(): JSX.Element {
  return (
    <p class="formula">
      <math>
        <mi>x</mi>
        <mo>=</mo>
        <mi>T</mi>
        <mo maxsize="1em">(</mo>
        <mi>u</mi>
        <mo maxsize="1em">)</mo>
        <mo>,</mo>
        <mspace width="1.2em" />
        <mi>u</mi>
        <mo>∼</mo>
        <mi mathvariant="normal">N</mi>
        <mo maxsize="1em">(</mo>
        <mn>0</mn>
        <mo>,</mo>
        <mn>1</mn>
        <mo maxsize="1em">)</mo>
      </math>
    </p>
  );
}

/** `log p(x) = log p_u(T⁻¹(x)) + log|det ∂T⁻¹/∂x|`. */
function DensityFormula(): JSX.Element {
  return (
    <p class="formula">
      <math>
        <mi>log</mi>
        <mspace width="0.2em" />
        <mi>p</mi>
        <mo maxsize="1em">(</mo>
        <mi>x</mi>
        <mo maxsize="1em">)</mo>
        <mo>=</mo>
        <mi>log</mi>
        <mspace width="0.2em" />
        <msub>
          <mi>p</mi>
          <mi>u</mi>
        </msub>
        <mo maxsize="1em">(</mo>
        <msup>
          <mi>T</mi>
          <mrow>
            <mo>−</mo>
            <mn>1</mn>
          </mrow>
        </msup>
        <mo maxsize="1em">(</mo>
        <mi>x</mi>
        <mo maxsize="1em">)</mo>
        <mo maxsize="1em">)</mo>
      </math>
      <VolumeTerm />
    </p>
  );
}

/** `+ log|det ∂T⁻¹/∂x|`. */
function VolumeTerm(): JSX.Element {
  return (
    <math>
      <mo>+</mo>
      <mi>log</mi>
      <mspace width="0.2em" />
      <mrow>
        <mo>|</mo>
        <mi>det</mi>
        <mspace width="0.2em" />
        <mfrac displaystyle={true}>
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
      </mrow>
    </math>
  );
}

/** The parts of the page. */
function WhatYouSee(): JSX.Element {
  return (
    <>
      <h3>What you see</h3>
      <ul>
        <li>
          <b>Density</b>: the color bar under the picture shows which colors mean a high density. Each line encloses the
          share of the probability that is written on it: 95, 80, 50 or 20%.
        </li>
        <li>
          <b>How space bends</b>: the slider goes from the base, where your data look like a standard normal, layer by
          layer to the data. The grid moves along. Cells that are squeezed are darker. Each row is a mark that points
          away from the center of the base, in the color of its direction; the mark is fainter far from the center.
          Point at the density, and a ring shows the same place here.
        </li>
        <li>
          <b>Ask the model</b>: set values of some columns, and the others follow. What each column is without
          conditions stays behind it.
        </li>
        <li>
          <b>Loss</b>: training, validation, and a mark at the best validation loss. Training ends with the weights of
          that step.
        </li>
        <li>
          <b>The address bar</b> holds settings and seed. The same link gives the same result bit for bit on the same
          kind of browser and processor, and a slightly different one elsewhere. A file of yours is never part of a
          link.
        </li>
      </ul>
    </>
  );
}
