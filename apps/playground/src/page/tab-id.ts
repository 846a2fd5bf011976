/** This tab: two tabs have two runs. */
export function tabId(): string {
  try {
    const known = sessionStorage.getItem("pushforward-tab") ?? crypto.randomUUID?.() ?? String(Date.now());
    sessionStorage.setItem("pushforward-tab", known);
    return known;
  } catch {
    return "tab";
  }
}
