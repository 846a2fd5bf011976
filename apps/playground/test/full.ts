/** Whether all visits are made; a short set is, when all tests of the workspace run. */
export const FULL: boolean = process.env["PUSHFORWARD_BROWSER"] === "full";
