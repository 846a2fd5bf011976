import type { JSX } from "preact";
import type { Settings } from "../../shared/settings.ts";
import type { TableColumn } from "../../shared/table-protocol.ts";
import { settings, table } from "../state.ts";
import { tryColumns } from "./try-columns.ts";

/** Choices of a column that are no kinds. */
const FOUND = "(found)";
const LEFT = "(left)";

interface ColumnKindProps {
  readonly column: TableColumn;
  readonly isDisabled: boolean;
}

/** Changes what a column is, or leaves it out. */
export function ColumnKind({ column, isDisabled }: ColumnKindProps): JSX.Element {
  const { name, kind, use, isDeclared, format } = column;
  const value = use === "left" ? LEFT : kind;
  const change = async (next: string, element: HTMLSelectElement | HTMLInputElement): Promise<void> => {
    const isDone = await tryColumns(choiceOf(column, next));
    if (!isDone) element.value = element instanceof HTMLSelectElement ? value : (format ?? "");
  };
  return (
    <div class="column-kind">
      <select
        aria-label={`Kind of ${name}`}
        value={value}
        disabled={isDisabled}
        onChange={(event) => void change(event.currentTarget.value, event.currentTarget)}
      >
        {(table.value?.kinds ?? []).map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
        <option value={LEFT}>leave out</option>
        {(isDeclared || use === "left") && <option value={FOUND}>as found</option>}
      </select>
      {kind === "date" && use !== "left" && (
        <input
          type="text"
          aria-label={`Format of the dates of ${name}`}
          title="The format of the dates: %d day, %m month, %Y year, %H:%M:%S time"
          spellcheck={false}
          value={format ?? ""}
          disabled={isDisabled}
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            void change(text === "" ? "date" : `date(${text})`, event.currentTarget);
          }}
        />
      )}
    </div>
  );
}

/** The settings with another choice for a column. */
function choiceOf({ name }: TableColumn, next: string): Pick<Settings, "columns" | "kinds"> {
  const all = table.value?.columns ?? [];
  const learned = all.filter(({ use }) => use === "learned" || use === "follows").map((column) => column.name);
  const others = settings.value.kinds.filter(([column]) => column !== name);
  if (next === LEFT) return { columns: learned.filter((column) => column !== name), kinds: others };
  const wanted = new Set([...learned, name]);
  // Without a column that is left out, all are learned that can be: also those that are found to be other kinds later.
  const isAll = all.every((column) => column.use !== "left" || wanted.has(column.name));
  return {
    columns: isAll ? [] : all.map((column) => column.name).filter((column) => wanted.has(column)),
    kinds: next === FOUND ? others : [...others, [name, next]],
  };
}
