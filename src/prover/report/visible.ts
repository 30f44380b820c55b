/** What steers a terminal or turns the direction of text: C0 and C1 controls, separators of lines, marks of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Text of the target on one line of a terminal or log: what would steer it is shown as `\u{1b}`. */
export const visible = (text: string): string => text.replaceAll(STEERING, shown)

/** The same, with its line breaks and tabs kept. */
export const visibleLines = (text: string): string =>
  text.replaceAll(STEERING, (character) => (character === '\n' || character === '\t' ? character : shown(character)))

const shown = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
