/** Contrast of text at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3). Fonts of the system only. */
export const DOCS_STYLE = `:root {
  color-scheme: light dark;
  --ground: #ffffff;
  --raised: #f5f6f8;
  --line: #d5d9e0;
  --text: #1b1f27;
  --faint: #565e6c;
  --link: #0a4fb0;
  --get: #0b5c3b;
  --write: #7a3e00;
  --remove: #9b1c1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c;
    --raised: #1d2128;
    --line: #353b46;
    --text: #e8eaee;
    --faint: #a3abb9;
    --link: #8ab8ff;
    --get: #6fd3a3;
    --write: #f0b26b;
    --remove: #ff9d9d;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0 auto;
  max-width: 84rem;
  padding: 0 1.25rem 3rem;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: 0.92em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; padding: 0.5rem 1rem; background: var(--ground); }
header { padding: 1.5rem 0 1rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 1rem; font-size: 1.35rem; }
h3 { margin: 0 0 0.25rem; font-size: 1.1rem; }
h4 { margin: 1.25rem 0 0.25rem; font-size: 1rem; }
.version, .faint, .note, footer { color: var(--faint); }
.version { font-weight: 400; font-size: 1rem; }
.faint { font-weight: 400; font-size: 0.9rem; margin: 0.25rem 0; }
.note { display: block; font-size: 0.9rem; }
.summary { margin: 0 0 0.75rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0.15rem 0; }
nav a { display: block; padding: 0.15rem 0; text-decoration: none; overflow-wrap: anywhere; font-size: 0.9rem; }
nav a:hover { text-decoration: underline; }
nav .group { margin-top: 0.75rem; font-weight: 600; font-size: 1rem; color: var(--text); }
article { margin: 0 0 1.25rem; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--raised); }
article:target { border-color: var(--link); }
.method { display: inline-block; min-width: 3.4em; font: 700 0.8em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.get { color: var(--get); }
.post, .put, .patch { color: var(--write); }
.delete { color: var(--remove); }
dl { margin: 0; }
dl div { display: grid; grid-template-columns: 9rem 1fr; gap: 0.75rem; padding: 0.3rem 0; border-top: 1px solid var(--line); }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { border-top: 0; color: var(--faint); font-size: 0.85rem; }
.rule { white-space: normal; overflow-wrap: anywhere; }
.rule + .rule::before { content: "· "; color: var(--faint); }
.status { display: inline-block; padding: 0 0.4rem; border: 1px solid var(--line); border-radius: 0.25rem; font-size: 0.85rem; font-weight: 600; }
.problems { list-style: none; margin: 0.5rem 0 0; padding: 0; }
.problems li { margin: 0.25rem 0; }
details { margin-top: 1rem; }
summary { cursor: pointer; }
@media (min-width: 62rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); column-gap: 2.5rem; align-content: start; }
  header, footer { grid-column: 1 / -1; }
  nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 1rem 0.5rem 1rem 0; }
}
@media (max-width: 40rem) {
  dl div { grid-template-columns: 1fr; gap: 0; }
  article { padding: 0.85rem; }
}
`
