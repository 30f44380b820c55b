import type { Attack } from '../../attack.ts'
import { innerListener } from '../../listeners/our-listeners.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import { madeThing, readBack } from '../made-thing.ts'
import { answersOf, SHOT_REQUESTS, type Shot, textsOf } from './bait.ts'
import { CONTROL_REQUESTS, held, type OpenBait, openBait } from './held.ts'
import { causeOf } from './reach.ts'
import { type UrlCase, urlCases } from './url-inputs.ts'

/** Files that every machine of a kind has, and a line that only they hold. */
const FILES = [
  { value: 'file:///etc/passwd', shows: /root:[^:\n]{0,20}:0:0:/ },
  { value: 'file:///c:/windows/win.ini', shows: /\[(fonts|mci extensions)\]/i },
]
const SPOKEN = ['gopher', 'dict', 'ftp']

export const otherSchemes: Attack = {
  id: 'other-schemes',
  number: 99,
  risk: 'API7',
  severity: 'critical',
  cwe: 918,
  title: 'An address of another scheme than http is opened',
  references: ['OWASP API7:2023', 'RFC 8089', 'ASVS 5.0 1.3.6'],
  maxRequests: (FILES.length + SPOKEN.length) * (SHOT_REQUESTS + 1) + CONTROL_REQUESTS,
  oracle:
    'The content of a file of the machine comes back for file:, or our listener is called by gopher:, dict: or ftp:.',
  fix: 'Take https: (and http: where it must be) by an exact comparison of the parsed scheme; switch other handlers off.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 4),
  run: (it, probe) => (it.operation === null ? Promise.resolve(pass()) : schemes(it as UrlCase, probe)),
}

async function schemes(it: UrlCase, probe: Probe): Promise<Verdict> {
  const open = await openBait(probe, it)
  const shots: Shot[] = []
  for (const { value, shows } of FILES) {
    const shot = await open.bait.shoot(value)
    shots.push(shot)
    if (shows.test(await everything(probe, open, shot)))
      return finding(open, shot, `opens ${value} and shows its content`)
  }
  const listener = await innerListener(probe).catch((error: unknown) => {
    if (error instanceof NotTested) return null
    throw error
  })
  try {
    for (const scheme of listener === null ? [] : SPOKEN) {
      const value = `${scheme}://${new URL((listener as NonNullable<typeof listener>).url('/')).host}/_${probe.nonce()}`
      const shot = await open.bait.shoot(value)
      shots.push(shot)
      if ((listener?.hits().length ?? 0) > 0) return finding(open, shot, `calls ${value}`)
    }
    if (listener && (await listener.awaited('', 150)).length > 0)
      return finding(open, shots.at(-1) as Shot, 'calls one of gopher:, dict: and ftp:')
    return await held(probe, open, shots)
  } finally {
    await listener?.close()
  }
}

/** The answers, and what was made as its owner reads it. */
async function everything(probe: Probe, { bait }: OpenBait, shot: Shot): Promise<string> {
  const made = await madeThing(probe, bait.operation, probe.identity(bait.owner), shot.answer)
  const read = made === null ? null : await readBack(probe, made, shot.answer)
  return `${textsOf(shot)}\n${read?.text ?? ''}`
}

const finding = ({ bait }: OpenBait, shot: Shot, what: string): Verdict => ({
  ...fail(`${bait.operation.id} ${what}`, ...answersOf(shot)),
  cause: causeOf(bait.operation.id, bait.input.at),
})
