/** The style of the offline page, light and dark as the reader has it. */
export const OFFLINE_PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#d5dae0;--panel:#f6f8fa;--accent:#0072b2;--on-accent:#fff}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#f0f6fc;--muted:#9ba5b0;--line:#30363d;--panel:#161b22;--accent:#56b4e9;--on-accent:#0d1117}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.6rem;line-height:1.25;margin:.2em 0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:1.8em 0 .4em;padding-top:.6em;border-top:1px solid var(--line)}
p{max-width:46em;margin:.5em 0}
.muted{color:var(--muted)}
#status{min-height:1.5em;font-weight:600}
.fields{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:.6em 0}
input,select,textarea,button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:5px 10px;max-width:100%}
input[type=number]{width:8.5em}
textarea{width:100%;min-height:6.5em;font-family:ui-monospace,monospace;font-size:.9rem}
button{background:var(--accent);color:var(--on-accent);border-color:transparent;font-weight:600;cursor:pointer}
button:disabled{background:var(--panel);color:var(--muted);border-color:var(--line);cursor:default}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.wide{overflow-x:auto;margin:.8em 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:3px 14px 3px 0;border-bottom:1px solid var(--line);white-space:nowrap}
#picture svg{max-width:100%;height:auto;display:block}
`;
