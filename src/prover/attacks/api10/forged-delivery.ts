import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { reasonOf } from '../../world.ts'
import {
  type Delivery,
  type DeliveryCase,
  deliver,
  deliveryCases,
  deliveryOf,
  type Signature,
  saysSigned,
  secondsNow,
  signatureOf,
} from './deliveries.ts'

/** Beyond what any receiver tolerates. */
const OLD_SECONDS = 7200

interface Forgery {
  readonly how: string
  forge(text: string): Signature
}

export const forgedDelivery: Attack = {
  id: 'forged-delivery',
  number: 129,
  risk: 'API10',
  severity: 'critical',
  cwe: 345,
  title: 'A delivery of a webhook is taken from anybody',
  references: ['OWASP API10:2023', 'RFC 2104', 'ASVS 5.0 11.4.1'],
  maxRequests: 8,
  oracle:
    'A delivery without a signature, with a made-up one, with that of another body or an old one is taken (2xx), while a malformed one is refused; or one without a signature is refused for what it names (404, 409) and one with a made-up signature for that.',
  fix: 'Verify an HMAC over timestamp and raw bytes in constant time before anything is parsed; refuse what is older than minutes.',
  phase: 'normal',
  cases: deliveryCases,
  async run(it, probe) {
    if (it.operation === null) return pass()
    const delivery = await deliveryOf(probe, it as DeliveryCase)
    const genuine = await control(probe, delivery)
    const refused: Answer[] = []
    for (const { how, forge } of forgeries(probe, delivery)) {
      const text = await delivery.fresh()
      const answer = await deliver(probe, delivery, text, forge(text))
      if (!succeeded(answer)) refused.push(answer)
      else return taken(probe, it as DeliveryCase, delivery, how, answer)
    }
    return unchecked(it as DeliveryCase, refused) ?? judged(refused, genuine)
  },
}

/** A genuine delivery, where we can sign one: without it a refusal may be that of the body. */
async function control(probe: Probe, delivery: Delivery): Promise<Answer | null> {
  const { signing } = delivery
  if (signing === undefined) return null
  const [text, at] = [await delivery.fresh(), secondsNow(probe)]
  const answer = await deliver(probe, delivery, text, { signature: signatureOf(signing, text, at), at })
  if (!succeeded(answer)) throw new Inconclusive(`a genuine delivery is answered ${answer.status} too`, answer)
  return answer
}

function forgeries(probe: Probe, { signing }: Delivery): readonly Forgery[] {
  const at = secondsNow(probe)
  const zeros = `${signing?.prefix ?? ''}${'0'.repeat(64)}`
  const unsigned: Forgery[] = [
    { how: 'without a signature', forge: () => ({ at }) },
    { how: 'with a signature of zeros', forge: () => ({ signature: zeros, at }) },
  ]
  if (signing === undefined) return unsigned
  const old = at - OLD_SECONDS
  const other: Forgery = {
    how: 'with the signature of another body',
    forge: (text) => ({ signature: signatureOf(signing, `${text}0`, at), at }),
  }
  if (signing.timestampHeader === null) return [...unsigned, other]
  return [
    ...unsigned,
    other,
    {
      how: 'with the signature of another time',
      forge: (text) => ({ signature: signatureOf(signing, text, old), at }),
    },
    {
      how: `with a signature of ${OLD_SECONDS / 3600} hours ago`,
      forge: (text) => ({ signature: signatureOf(signing, text, old), at: old }),
    },
  ]
}

/** Some receivers say yes to whatever comes and look at it later: then a yes proves nothing. */
async function taken(
  probe: Probe,
  { operation }: DeliveryCase,
  delivery: Delivery,
  how: string,
  answer: Answer,
): Promise<Verdict> {
  const told = `${operation.id} takes a delivery ${how} (${answer.status})`
  if (operation.extension?.signed) return fail(told, answer)
  const malformed = await deliver(probe, delivery, '{"tp":', { at: secondsNow(probe) })
  const strange = succeeded(malformed) ? malformed : await deliver(probe, delivery, '"tp"', { at: secondsNow(probe) })
  if (succeeded(malformed) || succeeded(strange))
    throw new Inconclusive(
      `${operation.id} says yes to every delivery, a malformed one too; whether an unsigned one has an effect is not seen`,
      strange,
      answer,
    )
  return {
    ...fail(`${told}, and refuses one that makes no sense (${strange.status})`, malformed, answer),
    ...(saysSigned(operation, probe.plan) ? {} : { severity: 'high' as const }),
  }
}

const isOfSignature = ({ status, text }: Answer): boolean =>
  status === 401 || status === 403 || /signature|signed|hmac|unauthori[sz]ed/i.test(text)

/**
 * Where nothing is taken, what is refused still tells: a made-up signature for itself, and a delivery without one for what stands in it, since
 * the thing that it names was looked for. A mere 400 may be that of the missing header.
 */
function unchecked({ operation }: DeliveryCase, [unsigned, zeros]: readonly Answer[]): Verdict | null {
  if (unsigned === undefined || zeros === undefined || !isOfSignature(zeros) || isOfSignature(unsigned)) return null
  if (![200, 202, 404, 409, 410].includes(unsigned.status) || unsigned.status === zeros.status) return null
  return {
    ...fail(
      `${operation.id} refuses a made-up signature (${zeros.status}) and looks into a delivery without any (${unsigned.status}${reasonOf(unsigned)}): the signature is checked only when it is there`,
      zeros,
      unsigned,
    ),
    severity: 'high',
  }
}

function judged(refused: readonly Answer[], genuine: Answer | null): Verdict {
  const [first] = refused
  if (genuine !== null) return pass('only the genuine delivery is taken', genuine, ...refused)
  if (refused.every(({ status, text }) => status === 401 || status === 403 || /signature|signed|hmac/i.test(text)))
    return pass(`deliveries without a valid signature are refused (${first?.status ?? ''})`, ...refused)
  throw new Inconclusive(
    `deliveries are refused (${first?.status ?? ''}), and whether for the signature or the body is not known; ` +
      'say how they are signed: operations: { …: { signing: { secret: { env: NAME }, signatureHeader: … } } }',
    ...refused,
  )
}
