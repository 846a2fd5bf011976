import { render } from "preact";
import { App } from "./page/app.tsx";
import { startSession } from "./page/session.ts";
import "./page/page.css";

startSession();
render(<App />, document.getElementById("app") as HTMLElement);
