import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive } from '../../verdict.ts'
import { sameShape } from '../api5/same-shape.ts'
import { saysTheSame } from '../api8/says-the-same.ts'

/** A plain GET of a path below the origin, past the base path. */
export const getOf = (rawTarget: string): Draft => ({
  method: 'GET',
  path: rawTarget,
  query: [],
  headers: [],
  body: undefined,
  mediaType: '',
  rawTarget,
})

/** An answer with something in it. */
export const hasContent = (answer: Answer): boolean =>
  succeeded(answer) && answer.text.trim() !== '' && !/^\s*(\[\]|\{\}|null|""|ok)\s*$/i.test(answer.text)

/**
 * What answers busy, broken or not at all says nothing of what is there.
 * @throws {Inconclusive} When one of the answers is such.
 */
export function requireTold(answers: readonly Answer[]): void {
  const silent = answers.find(({ status }) => status === 0 || status === 429 || (status >= 500 && status !== 501))
  if (silent)
    throw new Inconclusive(
      `one path was answered ${silent.status === 0 ? `nothing (${silent.failure})` : silent.status}, which says nothing of what is there`,
      silent,
    )
}

/** What stands in the same folder under a name that nobody can have given. */
export function strangeNeighbour(path: string, nonce: string): string {
  const trimmed = path.replace(/\/$/, '')
  const last = trimmed.slice(trimmed.lastIndexOf('/') + 1)
  const extension = /^.+(\.\w{1,8})$/.exec(last)?.[1] ?? ''
  return `${trimmed.slice(0, trimmed.length - last.length)}${last.startsWith('.') ? '.' : ''}${nonce}${extension}${path.endsWith('/') ? '/' : ''}`
}

/**
 * Whether the path is a place of its own, and not one of the many that a server answers alike (soft 404s, pages of one application, wildcards).
 * Sends one request.
 */
export async function isOfItsOwn(probe: Probe, answer: Answer, path: string, as: Identity): Promise<boolean> {
  const neighbour = strangeNeighbour(path, probe.nonce())
  const control = await probe.send(getOf(neighbour), as, { anyStatus: true })
  if (!hasContent(control)) return control.status !== 0 && control.status !== 429 && control.status < 500
  const isHtml =
    /html/i.test(control.headers['content-type'] ?? '') && /html/i.test(answer.headers['content-type'] ?? '')
  return !isHtml && !saysTheSame(answer, path, control, neighbour) && !sameShape(answer, control)
}

/** Names and forms of what nobody should be shown. */
export const holdsSecrets = (text: string): boolean =>
  /(secret|passw(or)?d|private_?key|api_?key|access_?key|database_url|jwt|credential)\w{0,20}["']?\s{0,3}[:=]\s{0,3}["']?[^\s"',}]{4}|-----BEGIN [A-Z ]{0,20}PRIVATE KEY|\b(postgres|mysql|mongodb|redis)(ql|\+srv)?:\/\/[^\s"']{3}/i.test(
    text,
  )
