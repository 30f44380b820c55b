/** Text as content or as the value of a quoted attribute of HTML or XML. What XML 1.0 cannot hold is shown as `\u{1b}`. */
export const escapeMarkup = (text: string): string =>
  text.replaceAll(UNREPRESENTABLE, shown).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Controls but tab and line feed, halves of surrogate pairs, non-characters; and marks that turn the direction of text. */
const UNREPRESENTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const shown = (character: string): string => `\\u{${character.charCodeAt(0).toString(16)}}`
