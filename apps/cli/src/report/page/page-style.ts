/** The style of the page: light and dark as the reader has it, one column where it is narrow, and light on paper. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#d5dae0;--panel:#f6f8fa;--accent:#0072b2;--warn:#b3470a;--good:#1a7f4b}
.for-dark{display:none}
@media screen and (prefers-color-scheme:dark){
:root{--page:#0d1117;--ink:#f0f6fc;--muted:#9ba5b0;--line:#30363d;--panel:#161b22;--accent:#56b4e9;--warn:#ff9d4d;--good:#3fcf9f}
.for-dark{display:block}.for-light{display:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.75rem;line-height:1.25;margin:.2em 0;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.4em 0 .5em;padding-top:.6em;border-top:1px solid var(--line)}
h3{font-size:1.02rem;margin:1.6em 0 .4em}
p{max-width:46em;margin:.5em 0}
.muted,figcaption,.card small{color:var(--muted)}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:.8em 0}
a{color:var(--accent)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:12px;margin:1.2em 0;padding:0;list-style:none}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:1.55rem;line-height:1.3;font-variant-numeric:tabular-nums}
.card small{display:block;font-size:.84rem;line-height:1.4}
.good,.look{font-weight:600}.good{color:var(--good)}.look{color:var(--warn)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(260px,100%),1fr));gap:16px;margin:1em 0}
.pairs{grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr))}
figure{margin:0;break-inside:avoid;min-width:0}
figcaption{font-size:.86rem;overflow-wrap:anywhere}
figcaption strong{color:var(--ink)}
.plot svg{max-width:100%;height:auto;display:block}
.wide{overflow-x:auto;margin:1em 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{font-weight:600}td.number,th.number{text-align:right;white-space:nowrap}
thead th{white-space:nowrap}td.name,tbody th{min-width:8.5em;max-width:18em;overflow-wrap:anywhere}td.text{min-width:12em;overflow-wrap:anywhere}
.bar{display:block;height:.55em;min-width:2px;width:calc(var(--s)*160px);background:var(--accent);border-radius:2px;margin-top:.45em}
.matrix th,.matrix td{padding:2px 5px;border:1px solid var(--line);font-size:.78rem}
.matrix thead th{vertical-align:bottom;height:8.5em}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:10em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.matrix tbody th{min-width:0;max-width:12em;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.matrix td{text-align:right;background:color-mix(in srgb,var(--warn) calc(var(--s)*55%),transparent)}
@media screen and (max-width:600px){.facts tr,.facts th,.facts td{display:block}.facts th,.facts td{border:0;padding:0}.facts td.number{text-align:left}.facts tr{border-bottom:1px solid var(--line);padding:8px 0}.facts tbody th{max-width:none}}
@media print{main{max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}tr,.card{break-inside:avoid}.wide{overflow:visible}body{font-size:11pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
