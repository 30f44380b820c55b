import { createHash } from 'node:crypto'
import { escapeMarkup } from './markup.ts'

/** Markup that is ready to be written: texts in it are escaped. */
export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | null | readonly Part[]

/** A template whose texts are escaped; only what another template made is taken as markup. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return {
    markup: parts.map((part, index) => part + (index < values.length ? written(values[index] ?? null) : '')).join(''),
  }
}

function written(value: Part): string {
  if (value === null) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeMarkup(String(value))
  return 'markup' in value ? value.markup : value.map(written).join('')
}

/** A whole page that loads nothing and runs nothing: its policy allows its own style and no more. */
export function page(title: string, body: Markup): string {
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  const head = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
  return head.markup
}

const STYLE = `
:root { --ink: #1d2433; --soft: #5b6577; --line: #d9dee7; --panel: #f6f8fb; --page: #fff;
  --held: #1a7f4b; --broken: #b42318; --unsure: #8a6100; --none: #667085; --link: #1f5fbf;
  --held-bg: #e7f5ed; --broken-bg: #fdecea; --unsure-bg: #fdf4dc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbd; --line: #333b49; --panel: #1b212c; --page: #12161d;
  --held: #5fd39a; --broken: #ff8a7f; --unsure: #e9bf5b; --none: #98a2b3; --link: #8ab4f8;
  --held-bg: #16321f; --broken-bg: #3b1a18; --unsure-bg: #362b10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 40px 0 12px; }
h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 4px 0; overflow-wrap: anywhere; }
a { color: var(--link); }
code, pre { font: 13px/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 6px 0; padding: 10px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
nav { margin: 12px 0 0; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 999px; font-size: .8125rem; font-weight: 600;
  border: 1px solid currentColor; white-space: nowrap; }
.held, .low, .info, .fixed { color: var(--held); } .broken, .critical, .high { color: var(--broken); }
.inconclusive, .medium { color: var(--unsure); } .none, .accepted { color: var(--none); }
.low, .info { color: var(--soft); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 16px 0 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.risks > li { display: grid; grid-template-columns: 124px 1fr; gap: 0 14px; padding: 9px 0; border-top: 1px solid var(--line); }
ul.risks > li:last-child { border-bottom: 1px solid var(--line); }
ul.risks .badge { justify-self: start; align-self: start; margin-top: 1px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { padding: 5px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { background: var(--panel); white-space: nowrap; }
td { min-width: 80px; } .wide tbody th { min-width: 170px; }
.matrix td { min-width: 0; text-align: center; white-space: nowrap; } .matrix thead th + th { text-align: center; }
.matrix tbody th { position: sticky; left: 0; background: var(--page); font-weight: 400; min-width: 150px; max-width: 420px; }
.matrix td.held { background: var(--held-bg); } .matrix td.broken { background: var(--broken-bg); font-weight: 700; }
.matrix td.inconclusive { background: var(--unsure-bg); }
article { border: 1px solid var(--line); border-left: 4px solid currentColor; border-radius: 6px; margin: 0 0 18px; padding: 14px 16px; }
article > * { color: var(--ink); } article > .soft { color: var(--soft); }
article .badges { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 6px; }
.place { border-top: 1px solid var(--line); margin-top: 12px; padding-top: 10px; }
.place summary { cursor: pointer; overflow-wrap: anywhere; }
.fix { border-left: 3px solid var(--held); padding: 2px 0 2px 12px; margin: 12px 0 0; }
.exchange { margin: 8px 0 0; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 10px; align-items: start; } .two > * { min-width: 0; }
@media (max-width: 800px) { .two { grid-template-columns: 1fr; } }
@media (max-width: 560px) {
  main { padding: 16px 14px 48px; }
  h1 { font-size: 1.35rem; }
  dl.facts { grid-template-columns: 1fr; } dl.facts dd { margin: 0 0 6px; }
  ul.risks > li { grid-template-columns: 1fr; gap: 3px; }
  article { padding: 12px; }
  .matrix tbody th { min-width: 128px; max-width: 160px; } th, td { padding: 4px 5px; }
}
@media print {
  :root { --page: #fff; --ink: #000; --soft: #444; --line: #bbb; --panel: #fff; --held: #0b5d33; --broken: #8f1a11; --unsure: #6b4a00; --none: #444; }
  main { max-width: none; padding: 0; } nav { display: none; }
  body { font-size: 11pt; } code, pre { font-size: 8.5pt; }
  h2, h3, summary { break-after: avoid; } ul.risks > li, tr, pre { break-inside: avoid; }
  .scroll { overflow: visible; border: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`
