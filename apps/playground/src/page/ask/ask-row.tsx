import type { JSX } from "preact";
import type { AskColumn, Center, ColumnAnswer, GivenCell } from "../../shared/ask-protocol.ts";
import type { MarginalPicture } from "../../shared/table-protocol.ts";
import { shortNumber } from "../short-number.ts";
import { MarginalPlot } from "../table/marginal-plot.tsx";
import { percent } from "../table/percent.ts";
import { answer, give, given } from "./ask.ts";
import { AskControl } from "./ask-control.tsx";

/** A column: how it is given, and its distribution given the others. */
export function AskRow({ column }: { readonly column: AskColumn }): JSX.Element {
  const { marginal, axis } = column;
  const name = marginal.column;
  const cell = given.value.get(name);
  const isGiven = cell !== undefined;
  const now = isGiven ? undefined : answer.value?.columns.find((one) => one.column === name);
  const known = isGiven ? answer.value?.given.find((one) => one.column === name) : undefined;
  const picture: MarginalPicture = {
    ...{ column: name, axis, data: marginal.shares },
    ...(now && { samples: now.shares }),
    ...(isGiven && axis.kind === "categories" && { samples: sharesAt(axis.labels, cell) }),
  };
  return (
    <li class={isGiven ? "ask-row is-given" : "ask-row"}>
      <div class="ask-name">
        <b title={name}>{name}</b>
        <span class="ask-state">{isGiven ? "given" : "not given"}</span>
        {isGiven ? (
          <button
            type="button"
            class="small"
            aria-label={`Clear ${name}`}
            onClick={({ currentTarget }) => clear(name, currentTarget)}
          >
            Clear
          </button>
        ) : (
          <CenterText now={now} marginal={marginal} />
        )}
      </div>
      <AskControl column={column} known={known} />
      <div class="marginal">
        <MarginalPlot picture={picture} shown="samples" mark={known?.value} />
        <MissingText now={now} marginal={marginal} />
      </div>
    </li>
  );
}

/** A category that is known has the whole share; rare ones are the last bar. */
function sharesAt(labels: readonly string[], cell: GivenCell): number[] {
  const place = labels.indexOf(cell === null ? "missing" : String(cell));
  return labels.map((_, at) => (at === (place < 0 ? labels.length - 1 : place) ? 1 : 0));
}

/** Gives a column no more, and leaves the focus in its row: the button disappears. */
function clear(name: string, button: HTMLElement): void {
  button.closest("li")?.querySelector<HTMLElement>(".ask-control :is(input, select)")?.focus();
  give(name, undefined);
}

interface Both {
  readonly now: ColumnAnswer | undefined;
  readonly marginal: ColumnAnswer;
}

/** Where the column lies, and where it would without conditions. */
function CenterText({ now, marginal }: Both): JSX.Element {
  const { column } = marginal;
  const center = now === undefined ? marginal.center : now.center;
  const value = center?.kind === "mean" ? center.value : center?.share;
  return (
    <p class="ask-center" data-center={column} data-value={value}>
      {centerText(center)}
      <span class="hint">
        {now !== undefined && marginal.center !== undefined && `without conditions ${shortCenter(marginal.center)}`}
      </span>
    </p>
  );
}

function centerText(center: Center | undefined): string {
  return center === undefined ? "missing" : `${center.kind} ${shortCenter(center)}`;
}

function shortCenter(center: Center): string {
  if (center.kind === "mean") return center.text ?? shortNumber(center.value);
  return `${center.label === "" ? "(empty)" : center.label} (${percent(center.share)})`;
}

/** The share of missing cells of a column of numbers, where there are any. */
function MissingText({ now, marginal }: Both): JSX.Element | null {
  const share = (now ?? marginal).missing;
  if (share === 0 && marginal.missing === 0) return null;
  return <p class="hint">missing: {percent(share)}</p>;
}
