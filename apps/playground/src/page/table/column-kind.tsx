import type { JSX } from "preact";
import type { Settings } from "../../shared/settings.ts";
import type { TableColumn } from "../../shared/table-protocol.ts";
import { beginChange, loadData } from "../changes.ts";
import { settings, table } from "../state.ts";

/**
 * Reads a table with different column settings. If the settings do not fit the table, the page stays unchanged. Returns
 * `true` if they fit.
 */
async function tryColumns(change: Pick<Settings, "columns" | "kinds">): Promise<boolean> {
  beginChange(false);
  settings.value = { ...settings.value, ...change };
  return await loadData();
}

/** Choices of a column that are no kinds. */
const FOUND = "(found)";
const LEFT = "(left)";

/** Meaning of the argument in parentheses after a kind. */
const ARGUMENTS: Readonly<Partial<Record<string, string>>> = {
  date: "Format of the dates: %d day, %m month, %Y year, %H:%M:%S time",
  interval: "Lowest and highest number that can occur: 0,100",
  circular: "Period of the numbers, or the ends of it: 24 or -180,180",
  ordinal: "The values in their order: low<medium<high",
};

interface ColumnKindProps {
  readonly column: TableColumn;
  readonly isDisabled: boolean;
}

/** Changes the kind of a column, or leaves the column out. */
export function ColumnKind({ column, isDisabled }: ColumnKindProps): JSX.Element {
  const { name, kind, use, isDeclared, argument } = column;
  const hint = ARGUMENTS[kind];
  const value = use === "left" ? LEFT : kind;
  const change = async (next: string, element: HTMLSelectElement | HTMLInputElement): Promise<void> => {
    const isDone = await tryColumns(choiceOf(column, next));
    if (!isDone) element.value = element instanceof HTMLSelectElement ? value : (argument ?? "");
  };
  return (
    <div class="column-kind">
      <select
        aria-label={`Kind of ${name}`}
        value={value}
        disabled={isDisabled}
        onChange={(event) => void change(withBounds(column, event.currentTarget.value), event.currentTarget)}
      >
        {(table.value?.kinds ?? []).map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
        <option value={LEFT}>leave out</option>
        {(isDeclared || use === "left") && <option value={FOUND}>as found</option>}
      </select>
      {hint !== undefined && use !== "left" && (
        <input
          type="text"
          aria-label={`${hint} (${name})`}
          title={hint}
          spellcheck={false}
          value={argument ?? ""}
          disabled={isDisabled}
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            void change(text === "" ? kind : `${kind}(${text})`, event.currentTarget);
          }}
        />
      )}
    </div>
  );
}

/** Adds the bounds of the column's numbers to a kind that needs bounds. */
function withBounds({ suggested }: TableColumn, kind: string): string {
  if (kind !== "interval" && kind !== "circular") return kind;
  return suggested === undefined ? kind : `${kind}(${suggested[kind]})`;
}

/** Settings with a different choice for a column. */
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
