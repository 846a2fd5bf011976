// The workers, and what they tell.
import { batch, effect } from "@preact/signals";
import type { DensityFrame, Progress } from "../shared/protocol.ts";
import { formatSettings, parseSettings } from "../shared/settings.ts";
import { addTableProgress, attempt, quietly, report } from "./attempt.ts";
import { beginChange, forgetChanges, isOwnData, loadData, setData, setFile, show } from "./changes.ts";
import { isSameView, withFrame } from "./decisions.ts";
import { startWorkers, workers } from "./engine.ts";
import { playIntro } from "./intro.ts";
import { shortened } from "./plots/plot-area.ts";
import {
  backend,
  bend,
  broughtBack,
  busy,
  density,
  fail,
  frames,
  inform,
  isChanged,
  isRunning,
  model,
  moment,
  notice,
  outcome,
  progress,
  ran,
  rate,
  settings,
  tabId,
  tableModel,
  tableProgress,
  thumbnails,
  trainCurve,
  validationCurve,
  view,
} from "./state.ts";

/** Crashes of the last minute: a worker that can't start is not started for ever. */
let crashes: number[] = [];

/** Most points of a curve. */
const CURVE = 1200;

/** Starts the workers and the run in the address. */
export function startSession(): void {
  openEngine();
  effect(() => {
    const current = view.value;
    if (current !== undefined) void quietly(workers().painter.call("show", current));
  });
  effect(() => {
    const hash = formatSettings(settings.value);
    const address = `${location.pathname}${location.search}${hash === "" ? "" : `#${hash}`}`;
    if (location.hash.replace(/^#/, "") !== hash) history.replaceState(null, "", address);
  });
  addEventListener("hashchange", () => {
    const next = parseSettings(location.hash);
    if (formatSettings(next) === formatSettings(settings.value)) return;
    void (async () => {
      if (isRunning.value) await attempt(() => workers().trainer.call("stop", null));
      beginChange(isOwnData());
      setFile(undefined);
      settings.value = next;
      await loadData();
    })();
  });
  void restoreOrLoad().then((wasFound) => {
    // A link or a training has something else to show.
    if (!wasFound && formatSettings(settings.value) === "") return playIntro();
    return undefined;
  });
  void quietly(
    (async () => {
      thumbnails.value = await workers().painter.call("thumbnails", null);
    })(),
  );
}

function openEngine(): void {
  startWorkers({
    trainer(event) {
      if (event.type === "model") {
        batch(() => {
          model.value = event.model;
          if (event.model.notes.length > 0) inform(event.model.notes.join(" "));
        });
      } else if (event.type === "progress") addProgress(event.progress);
      else if (event.type === "outcome") {
        outcome.value = event.outcome;
        if (event.outcome.message !== undefined) fail(event.outcome.message);
      } else if (event.type === "backend") backend.value = event.backend;
      else if (event.type === "table-progress") addTableProgress(event.progress);
      else if (event.type === "table-model") tableModel.value = event.model;
      else {
        progress.value = undefined;
        tableProgress.value = undefined;
        fail(event.message);
      }
    },
    painter(event) {
      if (event.type === "density") addFrame(event.frame);
      else if (event.type === "bend") bend.value = event.frame;
      else fail(event.message);
    },
    crashed(which, message) {
      forgetChanges();
      const now = performance.now();
      crashes = [...crashes.filter((time) => now - time < 60_000), now];
      const work = which === "trainer" ? "trains" : "draws";
      const wasRunning = isRunning.value;
      progress.value = undefined;
      tableProgress.value = undefined;
      busy.value = "";
      if (crashes.length > 3) {
        notice.value = {
          kind: "error",
          text: `The worker that ${work} ended again: ${message}.`,
          action: { label: "Start it again", run: () => recover(work, wasRunning) },
        };
        return;
      }
      recover(work, wasRunning);
    },
  });
}

function recover(work: string, wasRunning: boolean): void {
  openEngine();
  void (async () => {
    const wasFound = await restoreOrLoad();
    const found = wasFound && wasRunning;
    const step = found ? ` It was restored at step ${(progress.value as Progress | undefined)?.step ?? 0}.` : "";
    notice.value = {
      kind: "error",
      text: `The worker that ${work} ended unexpectedly and was started again.${step}`,
      ...(found ? { action: { label: "Continue", run: goOn } } : {}),
    };
    const current = view.value;
    if (current !== undefined) void quietly(workers().painter.call("show", current));
  })();
}

/** Continues a training of this tab, or reads the data. */
async function restoreOrLoad(): Promise<boolean> {
  busy.value = "Starting";
  try {
    const address = formatSettings(settings.value);
    const found = await workers().trainer.call("restore", { id: tabId(), address });
    if (found === null) {
      await loadData();
      return false;
    }
    setFile(found.file);
    if ("table" in found) {
      const { table: info, model: trained } = found;
      settings.value = found.settings;
      batch(() => {
        show({ table: info });
        tableModel.value = trained;
        ran.value = trained && found.settings;
      });
      busy.value = "";
      if (trained !== undefined && !found.isOwn) informOfOther();
      return true;
    }
    batch(() => {
      settings.value = found.settings;
      rate.value = found.settings.rate;
      ran.value = found.settings;
      isChanged.value = found.isChanged;
      setData(found.data);
      model.value = found.model;
      trainCurve.value = found.progress.train;
      validationCurve.value = found.progress.validation;
      progress.value = { ...found.progress, train: [], validation: [] };
      outcome.value = found.outcome;
      if (found.progress.phase === "paused") {
        inform(`Your training was found again at step ${count(found.progress.step)}.`, {
          label: "Continue",
          run: goOn,
        });
      } else if (!found.isOwn) informOfOther();
      busy.value = "";
    });
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

/** Informs the visitor that the model was trained in a different tab and reopened from its link. */
function informOfOther(): void {
  inform("Your trained model was found again. It was trained in another tab of this browser.", {
    label: "Start over",
    run: () => {
      beginChange(true);
      void loadData();
    },
  });
}

function goOn(): void {
  notice.value = undefined;
  void attempt(() => workers().trainer.call("resume", null));
}

/** Takes in a picture. The one that the visitor has gone back to stays. */
function addFrame(frame: DensityFrame): void {
  if (frame.step < (broughtBack.value ?? 0)) return;
  broughtBack.value = undefined;
  const last = frames.value.at(-1);
  // Of a window that the visitor has left meanwhile.
  if (last !== undefined && isSameView(last.view, view.value) && !isSameView(frame.view, view.value)) return;
  batch(() => {
    const shown = moment.value === undefined ? undefined : density.value;
    frames.value = withFrame(frames.value, frame, shown);
    const at = shown === undefined ? -1 : frames.value.indexOf(shown);
    moment.value = at < 0 ? undefined : at;
  });
}

function addProgress(next: Progress): void {
  batch(() => {
    if (next.train.length > 0) trainCurve.value = shortened([...trainCurve.value, ...next.train], CURVE);
    if (next.validation.length > 0) {
      validationCurve.value = shortened([...validationCurve.value, ...next.validation], CURVE);
    }
    progress.value = next;
  });
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
