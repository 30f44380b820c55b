import type { Exchange } from '../engine/exchange.ts'
import { printfWord, shellWord } from './shell-quote.ts'

/**
 * The line that repeats a request; secrets stay placeholders that the shell fills in.
 * A body that no argument can carry is piped in. What was cut when it was kept is said in a comment.
 */
export function curlLine({ request }: Exchange, placeholders: RegExp): string {
  const { method, body } = request
  const word = (text: string) => shellWord(text, placeholders)
  const url = request.url.replaceAll(UNSENDABLE, (character) => encodeURIComponent(character))
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  const head = [
    'curl -sS -i',
    // curl would resolve dot segments and expand brackets by itself.
    ...(/\/\.|\\|\/\//.test(target) ? ['--path-as-is'] : []),
    ...(/[[\]{}]/.test(url) ? ['-g'] : []),
    ...(method === 'HEAD' ? ['-I'] : method === 'GET' && body === null ? [] : [`-X ${word(method)}`]),
    word(url),
    ...request.headers
      .filter(([name]) => name !== RUN_HEADER)
      .map(([name, value]) => `-H ${word(headerText(name, value))}`),
  ]
  if (body === null) return head.join(' ')
  const cut =
    body.length >= KEPT_CHARACTERS
      ? `  # the body was longer: only its first ${KEPT_CHARACTERS} characters were kept`
      : ''
  return UNPRINTABLE.test(body)
    ? `printf %b ${printfWord(body)} | ${[...head, '--data-binary @-'].join(' ')}${cut}`
    : `${[...head, `--data-raw ${word(body)}`].join(' ')}${cut}`
}

const RUN_HEADER = 'X-Turnpike-Run'
/** As the engine keeps them. */
const KEPT_CHARACTERS = 16_384
/** What no request line holds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNSENDABLE = /[\u0000-\u0020\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g
/** What no argument holds, or what would steer a terminal that the line is shown in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** curl drops a header without a value unless its name ends in a semicolon. */
const headerText = (name: string, value: string): string => {
  const text = value.trim() === '' ? `${name};` : `${name}: ${value}`
  return text.replaceAll(new RegExp(UNPRINTABLE, 'g'), '')
}
