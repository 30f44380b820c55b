import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { type DeliveryCase, deliver, deliveryCases, deliveryOf, secondsNow, signatureOf } from './deliveries.ts'

export const replayedDelivery: Attack = {
  id: 'replayed-delivery',
  number: 130,
  risk: 'API10',
  severity: 'medium',
  cwe: 294,
  title: 'A delivery of a webhook is taken again',
  references: ['OWASP API10:2023', 'ASVS 5.0 2.3.1'],
  maxRequests: 2,
  oracle:
    'The same signed bytes are taken twice: the contract says once, or the second answer shows something new that was made.',
  fix: 'Keep the signature or id of each delivery as long as its timestamp is valid, and answer a second one without doing anything.',
  phase: 'normal',
  cases: deliveryCases,
  async run(it, probe) {
    if (it.operation === null) return pass()
    const { first, second } = await twice(probe, it as DeliveryCase)
    if (!succeeded(first)) throw new Inconclusive(`a genuine delivery is answered ${first.status}`, first)
    if (!succeeded(second)) return pass(`the second time it is refused (${second.status})`, first, second)
    return judged(it as DeliveryCase, first, second)
  },
}

async function twice(probe: Probe, it: DeliveryCase): Promise<{ readonly first: Answer; readonly second: Answer }> {
  const delivery = await deliveryOf(probe, it)
  const { signing } = delivery
  if (signing === undefined)
    throw new NotTested(
      `it needs a delivery with a valid signature; say how they are signed: ` +
        `operations: { '${it.operation.id}': { signing: { secret: { env: NAME }, signatureHeader: … } } }`,
    )
  const [text, at] = [await delivery.fresh(), secondsNow(probe)]
  const signature = signatureOf(signing, text, at)
  const first = await deliver(probe, delivery, text, { signature, at })
  return { first, second: await deliver(probe, delivery, text, { signature, at }) }
}

/** Saying yes twice is no fault where the second had no effect. */
function judged({ operation }: DeliveryCase, first: Answer, second: Answer): Verdict {
  const told = `${operation.id} takes the same delivery twice`
  if (operation.extension?.signed) return fail(told, first, second)
  const fresh = ids(second).filter((id) => !ids(first).includes(id))
  if (fresh.length > 0) return fail(`${told} and makes something each time (${fresh[0]})`, first, second)
  if (
    /duplicate|already|ignored|seen|replay/i.test(second.text) &&
    !/duplicate|already|ignored|seen|replay/i.test(first.text)
  )
    return pass('the second time it is acknowledged as known', first, second)
  throw new Inconclusive(
    'the second delivery is acknowledged as the first; whether it had an effect is not seen',
    first,
    second,
  )
}

/** Ids of the answer, but for those of the request itself. */
const ids = ({ json }: Answer): readonly string[] =>
  [...leavesOf(json)].flatMap(({ at, value }) =>
    /(^|\/)_?(id|uuid|\w+Id)$/.test(at) && !/request|trace|correlation/i.test(at) ? [String(value)] : [],
  )
