import "./table.css";
import { AskView } from "../ask/ask-view.tsx";
import { TablePanels } from "./table-panels.tsx";
import { TableStage } from "./table-stage.tsx";

/** The parts of the page for a table of any columns and for questions, which are loaded with the first one. */
export const tablePage = { Stage: TableStage, Panels: TablePanels, Ask: AskView };
