import "./ask.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { MOST_ASKED } from "../../shared/most-asked.ts";
import { SameRun } from "../same-run.tsx";
import { askable } from "../state.ts";
import { drawnColumns } from "../table/drawn-columns.ts";
import { answer, askColumns, clearGiven, given, isAsking, keepAsking, prepareQuestions, problem } from "./ask.ts";
import { AskRow } from "./ask-row.tsx";

/** The columns of the model: what is given of a row, and what follows for the others. */
export function AskView(): JSX.Element | null {
  useEffect(keepAsking, []);
  const columns = askColumns.value;
  const section = useRef<HTMLElement>(null);
  useEffect(() => whenSeen(section.current, prepareQuestions), [columns]);
  if (columns.length === 0) return <TooWide />;
  return (
    <section ref={section} class="card ask" aria-labelledby="ask-title">
      <div class="card-head">
        <h2 id="ask-title">Ask the model</h2>
        <ul class="legend sets">
          <li class="data">without conditions</li>
          <li class="samples">given what you set</li>
        </ul>
        <button type="button" class="small" disabled={given.value.size === 0} onClick={clearGiven}>
          Clear all
        </button>
      </div>
      <p class="hint">Set the value of a column, and see what the model says of the others.</p>
      <Status />
      <ul class="ask-rows">
        {columns.map((column) => (
          <AskRow key={column.marginal.column} column={column} />
        ))}
      </ul>
      {answer.value !== undefined && (
        <SameRun
          title="The same question in a terminal"
          text={answer.value.command}
          hint="Draws rows that meet these conditions from the model that you save."
        />
      )}
    </section>
  );
}

/** Does something when an element comes into view: work for those who do not scroll there is not done. */
function whenSeen(element: HTMLElement | null, work: () => void): (() => void) | undefined {
  if (element === null) return undefined;
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    work();
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Why a wide table has no questions. */
function TooWide(): JSX.Element | null {
  const count = drawnColumns.value.length;
  if (askable.value === undefined || count <= MOST_ASKED) return null;
  return (
    <section class="card ask" aria-labelledby="ask-title">
      <div class="card-head">
        <h2 id="ask-title">Ask the model</h2>
      </div>
      <p class="hint">
        The page asks models of at most {MOST_ASKED} columns, and this one has {count.toLocaleString("en-US")}. The
        command line asks any: <code>pushforward sample model.safetensors --given</code>.
      </p>
    </section>
  );
}

/** Draws that are worth this share of their number are as good as equal ones. */
const EQUAL = 0.98;

/** How good the answer is. */
function Status(): JSX.Element {
  const warning = answer.value?.warning;
  return (
    <p class="ask-status" role="status">
      {problem.value === "" ? statusText() : <span class="bad">{problem.value}</span>}
      {problem.value === "" && warning !== undefined && <span class="bad"> {warning}</span>}
    </p>
  );
}

function statusText(): string {
  const now = answer.value;
  if (now === undefined) return isAsking.value ? "Preparing the model for questions …" : "Nothing is given yet.";
  const more = now.isDone ? "" : " Drawing more …";
  if (!now.fits) return now.isDone ? "" : `No draw has these values so far.${more}`;
  const draws = now.draws.toLocaleString("en-US");
  if (now.effective > EQUAL * now.draws) return `From ${draws} draws.${more}`;
  return `From ${draws} weighted draws, worth ${Math.round(now.effective).toLocaleString("en-US")} equal ones.${more}`;
}
