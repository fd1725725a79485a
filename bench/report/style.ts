/** The look of the report, in light and in dark. */

export const style = `
:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #fff; --rule: #d0d0d5; --met: #14703a; --missed: #a4231c;
  --series-1: #0b61a4; --series-2: #c2410c; --series-3: #14703a; --series-4: #86198f; --series-5: #8a6100;
  --series-6: #0f766e; --series-7: #b91c5c; --series-8: #4b5563; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #17181a; --rule: #45474d; --met: #6fd08c; --missed: #ff8a80;
    --series-1: #6cb6ff; --series-2: #ff9d5c; --series-3: #6fd08c; --series-4: #e39af0; --series-5: #e3c04f;
    --series-6: #5fd4c8; --series-7: #ff8fb8; --series-8: #a9b1bd; }
}
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1, h2, h3, h4 { line-height: 1.25; }
section { margin: 2.5rem 0; }
figure { margin: 1rem 0; overflow-x: auto; }
figcaption { font-size: 0.9em; }
svg { max-width: none; }
.wide { overflow-x: auto; }
.wide table { font-size: 0.93em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--rule); padding: 0.25rem 0.6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { white-space: normal; vertical-align: bottom; }
.facts th, .facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.facts th { min-width: 6rem; }
.met { color: var(--met); }
.missed, .trouble { color: var(--missed); font-weight: 600; }
.trouble { white-space: normal; overflow-wrap: anywhere; }
.wide tbody th { font-weight: normal; }
@media print {
  body { font-size: 9pt; margin: 0; max-width: none; padding: 0; }
  figure, .wide { overflow: visible; }
  svg { max-width: 100%; height: auto; }
  .wide table { font-size: 0.8em; width: 100%; }
  .wide th, .wide td { white-space: normal; padding: 0.1rem 0.3rem; }
  figure, tr { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
}
`;
