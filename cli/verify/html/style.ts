/** Owns the look of the report. Invariant: nothing is fetched; light and dark follow the reader's system, and print is light. */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #fbfaf7; --card: #fff; --ink: #1d2320; --soft: #66706b; --rule: #e2e1da;
  --good: #3f8f6b; --bad: #c62f2b; --serving: #8fc3a8; --draining: #e3a63a; --upload: #6f8fc0; --ack: #4b3fae;
  --down: rgb(198 47 43 / 13%); --phase: #ecebe4; --active: #d6e3f5; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #14181a; --card: #1b2124; --ink: #e8ebe6; --soft: #98a39d; --rule: #2e3639;
  --good: #58b58a; --bad: #ff6f66; --serving: #2f6b51; --draining: #b07a1c; --upload: #4f70a5; --ack: #c3b6ff;
  --down: rgb(255 111 102 / 18%); --phase: #262d30; --active: #2b3d57; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 17px; margin: 34px 0 10px; }
p { max-width: 76ch; margin: 6px 0; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.verdict { border-left: 8px solid var(--good); padding: 4px 0 4px 18px; margin-bottom: 22px; }
.verdict.failed { border-color: var(--bad); }
.verdict strong { display: block; font-size: 13px; letter-spacing: 0.12em; color: var(--good); }
.verdict.failed strong { color: var(--bad); }
.soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; }
.tile, .card { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; }
.tile b { display: block; font-size: 26px; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile.lost b { color: var(--bad); }
.card { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 820px; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .tick, svg .note { fill: var(--soft); font-size: 11px; }
svg .label { font-weight: 600; font-size: 13px; } svg .name { font-size: 11px; pointer-events: none; }
.grid { stroke: var(--rule); stroke-width: 1; }
.flat { rx: 0; shape-rendering: crispEdges; }
.good { fill: var(--good); } .bad { fill: var(--bad); } .upload { fill: var(--upload); }
.serving { fill: var(--serving); } .draining { fill: var(--draining); } .abandoned { fill: var(--rule); }
.ack { stroke: var(--ack); stroke-width: 2.5; fill: none; } .cross { stroke: var(--bad); stroke-width: 2; fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .p99 { stroke: var(--ink); } .p50 { stroke: var(--good); }
.down { fill: var(--down); } .phase { fill: var(--phase); } .phase.command, .phase.settling { fill: var(--active); }
.mark { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 12px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend svg { display: inline-block; width: 14px; min-width: 14px; height: 12px; margin-right: 6px; vertical-align: -1px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12px; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td { font-variant-numeric: tabular-nums; } tr:last-child td { border-bottom: 0; }
@media print { body { background: #fff; } main { padding: 0; } .card, .tile { break-inside: avoid; } }
`;
