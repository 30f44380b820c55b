import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { reasonOf } from '../../world.ts'
import { Bait, SHOT_REQUESTS, type Shot } from './bait.ts'
import { fetchesAtOnce, inputName, inputOf, type UrlCase } from './url-inputs.ts'

/** Requests of what is learned once of an input: two controls, and what tells a refusal of the address from any other. */
export const CONTROL_REQUESTS = 2 * SHOT_REQUESTS + 2

/** An input with what an address that leads nowhere is answered there. */
export interface OpenBait {
  readonly bait: Bait
  /** That the input takes at all. */
  readonly scheme: 'http' | 'https'
  /** An address of a name that never resolves (RFC 6761 section 6.4). */
  readonly nowhere: Shot
}

/** Learned once an input and shared by the attacks on it. @throws {NotTested} */
export function openBait(probe: Probe, it: UrlCase): Promise<OpenBait> {
  const input = inputOf(it.operation, it.variant)
  if (input === null) throw new NotTested(`${it.operation.id} takes no address at ${it.variant}`)
  const bait = new Bait(probe, it, input)
  const learned = probe.shared(`url input ${it.operation.id} ${inputName(input)}`, async () => {
    const host = `${probe.nonce()}.invalid`
    if (input.form === 'host') return { scheme: 'http' as const, nowhere: await bait.shoot(host) }
    const plain = await bait.shoot(`http://${host}/`)
    if (succeeded(plain.answer)) return { scheme: 'http' as const, nowhere: plain }
    const secure = await bait.shoot(`https://${host}/`)
    return alike(plain, secure)
      ? { scheme: 'http' as const, nowhere: plain }
      : { scheme: 'https' as const, nowhere: secure }
  })
  return learned.then((known) => ({ ...known, bait }))
}

/**
 * The verdict when nobody came: only where the answers tell that the address was judged, or that the call was made and came to nothing.
 * @param shots - All that were given, none of which was called.
 * @throws {NotTested | Inconclusive} Where silence says nothing.
 */
export async function held(probe: Probe, { bait, nowhere }: OpenBait, shots: readonly Shot[]): Promise<Verdict> {
  const silent = shots.find(({ answer, later }) => [answer, ...later].some(({ status }) => status === 0))
  if (silent)
    throw new Inconclusive(
      `${silent.value} had no answer in time; nobody called, but something was tried`,
      silent.answer,
    )
  const taken = shots.find(({ answer }) => succeeded(answer))
  if (taken) return notCalled(bait, taken)
  const [refused] = shots
  if (refused === undefined) throw new NotTested('no address was left to try')
  const told = `${refused.answer.status}${reasonOf(refused.answer)}`
  if (refused.answer.status === 401 || refused.answer.status === 403) await ownerMay(bait, refused)
  if (!alike(refused, nowhere)) return pass(`the address is refused (${told}) and nobody is called`, refused.answer)
  const { garbage, ordinary } = await otherAnswers(probe, bait)
  if (!alike(refused, garbage) || succeeded(ordinary) || differs(ordinary, refused.answer))
    return pass(`refused as an address that leads nowhere is (${told}), and nobody is called`, refused.answer)
  throw new NotTested(
    `${bait.operation.id} refuses every request that can be made up (${told}); ` +
      `say one that works: operations: { '${bait.operation.id}': { body: { … } } }`,
  )
}

function notCalled({ operation, followers }: Bait, { answer, later, value }: Shot): Verdict {
  const delivered = later.find(({ status }) => ![401, 403, 404, 405].includes(status))
  if (delivered)
    return pass(`${value} is stored, and asked to be called (${delivered.status}) nobody is`, answer, delivered)
  if (fetchesAtOnce(operation)) return pass(`${value} is answered ${answer.status}, and nobody is called`, answer)
  const tried = followers.length > 0 ? `, nor did ${followers.map(({ id }) => id).join(' and ')} call it` : ''
  throw new NotTested(
    `${operation.id} stores the address and called nobody${tried}; nothing shows that it is ever called, or when`,
  )
}

/** A refusal of the caller is none of the address. */
async function ownerMay(bait: Bait, refused: Shot): Promise<void> {
  const ordinary = await bait.ordinary()
  if (ordinary.status === refused.answer.status && !differs(ordinary, refused.answer))
    throw new Inconclusive(`the owner's own request is answered ${ordinary.status} too`, ordinary)
}

const otherAnswers = (probe: Probe, bait: Bait) =>
  probe.shared(`url input others ${bait.operation.id} ${bait.input.at}`, async () => ({
    garbage: await bait.shoot('tp no address'),
    ordinary: await bait.ordinary(),
  }))

/** Whether two shots were answered the same, each with its own address in it. */
export function alike(one: Shot, other: Shot): boolean {
  return !differs(withoutValue(one), withoutValue(other))
}

function withoutValue({ answer, value }: Shot): Answer {
  const host = value.replace(/^[a-z]+:\/*/i, '').split(/[/?#]/)[0] ?? value
  const parts = [value, JSON.stringify(value).slice(1, -1), host, host.replace(/:\d+$/, '')].filter(
    (part) => part.length > 3,
  )
  const text = parts.reduce((left, part) => left.replaceAll(part, '·'), answer.text)
  try {
    return { ...answer, text, json: answer.json === undefined ? undefined : JSON.parse(text) }
  } catch {
    return { ...answer, text, json: undefined }
  }
}
