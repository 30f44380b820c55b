import type { Attack } from '../../attack.ts'
import type { Listener } from '../../listeners/listener.ts'
import { innerListener } from '../../listeners/our-listeners.ts'
import { saying } from '../../listeners/replies.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, pass, type Verdict } from '../../verdict.ts'
import { answersOf, SHOT_REQUESTS, type Shot, textsOf } from './bait.ts'
import { CONTROL_REQUESTS, held, type OpenBait, openBait } from './held.ts'
import type { UrlCase } from './url-inputs.ts'

/** Where addresses are made from. */
export interface Inside {
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** Host by which the listener is reached. */
  readonly host: string
  /** Only a host and a port are taken, no URL. */
  readonly isHost: boolean
  /** Path with a nonce of its own. */
  path(): string
}

/** An address that leads to our listener, however it is written. */
export interface Spelling {
  readonly value: string
  /** How it differs from the plain one. */
  readonly how: string
}

/** Milliseconds for whoever calls after it has answered. */
const LATE = 250

/** Requests of a case that tries so many spellings. */
export const reachRequests = (spellings: number): number => spellings * SHOT_REQUESTS + CONTROL_REQUESTS

/**
 * Gives the input addresses of a listener of ours that nobody outside may lead to. It counts when somebody comes.
 * @param more - Further addresses to listen at.
 */
export async function reach(
  probe: Probe,
  it: UrlCase,
  spellings: (inside: Inside, open: OpenBait) => readonly Spelling[] | Promise<readonly Spelling[]>,
  more: readonly string[] = [],
): Promise<Verdict> {
  const listener = await innerListener(probe, more)
  try {
    const open = await openBait(probe, it)
    const secret = probe.nonce()
    const inside = insideOf(probe, listener, open, secret)
    const shots: Shot[] = []
    for (const { value, how } of await spellings(inside, open)) {
      const shot = await open.bait.shoot(value)
      shots.push(shot)
      if (listener.hits().length > 0) return reached(open, shot, how, secret)
    }
    const last = shots.findLast(({ answer }) => succeeded(answer))
    if (last && (await listener.awaited('', LATE)).length > 0)
      return reached(open, last, 'one of these spellings', secret)
    return await held(probe, open, shots)
  } finally {
    await listener.close()
  }
}

function insideOf(probe: Probe, listener: Listener, { scheme, bait }: OpenBait, secret: string): Inside {
  return {
    scheme,
    port: listener.port,
    host: new URL(listener.url('/')).hostname,
    isHost: bait.input.form === 'host',
    path() {
      const path = `/${probe.nonce()}`
      const page = JSON.stringify({ title: secret, name: secret, text: secret })
      listener.answer(path, saying(page))
      return path
    },
  }
}

function reached({ bait }: OpenBait, shot: Shot, how: string, secret: string): Verdict {
  const { operation, input } = bait
  const isShown = textsOf(shot).includes(secret)
  const verdict = fail(
    `${operation.id} calls ${shot.value} (${how}) that ${input.in} ${input.at} names, on the inside` +
      `${isShown ? ', and shows what was answered' : ''}`,
    ...answersOf(shot),
  )
  return { ...verdict, cause: causeOf(operation.id, input.at), ...(isShown ? { severity: 'critical' as const } : {}) }
}

/** One input that calls whatever it is given is one finding, however many spellings it takes. */
export const causeOf = (operation: string, at: string): string => `ssrf ${operation} ${at}`

/** Runs `reach` on the case of an attack. */
export const reaching =
  (...rest: Parameters<typeof reach> extends [Probe, UrlCase, ...infer More] ? More : never): Attack['run'] =>
  (it, probe) =>
    it.operation === null ? Promise.resolve(pass()) : reach(probe, it as UrlCase, ...rest)
