import type { Attack, Case } from '../../attack.ts'
import { innerListener, outerListener } from '../../listeners/our-listeners.ts'
import { redirecting, saying } from '../../listeners/replies.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import { answersOf, SHOT_REQUESTS } from './bait.ts'
import { CONTROL_REQUESTS, openBait } from './held.ts'
import { causeOf } from './reach.ts'
import { type UrlCase, urlCases } from './url-inputs.ts'

const STATUSES = [302, 307]

export const redirectInwards: Attack = {
  id: 'redirect-inwards',
  number: 97,
  risk: 'API7',
  severity: 'high',
  cwe: 918,
  title: 'A redirect leads the API to an inside address',
  references: ['OWASP API7:2023', 'RFC 9110 section 15.4', 'ASVS 5.0 15.3.2'],
  maxRequests: (STATUSES.length + 1) * SHOT_REQUESTS + CONTROL_REQUESTS,
  oracle: 'A listener that the API accepts redirects it to one at an inside address, and that one is called.',
  fix: 'Follow no redirects, or check every hop as the first: resolve, judge, and connect to what was judged.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 3),
  run: (it, probe) => (it.operation === null ? Promise.resolve(pass()) : redirected(it as UrlCase, probe)),
}

async function redirected(it: UrlCase & Case, probe: Probe): Promise<Verdict> {
  const outer = await outerListener(probe)
  const inner = await innerListener(probe)
  try {
    const { bait, scheme } = await openBait(probe, it)
    if (scheme === 'https')
      throw new NotTested(`${it.operation.id} takes https alone, and it trusts no certificate of ours`)
    const plain = `/${probe.nonce()}`
    outer.answer(plain, saying('{}'))
    const direct = await bait.shoot(outer.url(plain))
    if ((await outer.awaited(plain, 150)).length === 0)
      throw new NotTested(
        `${it.operation.id} does not call ${new URL(outer.url('/')).hostname}, so no redirect of ours is seen; ` +
          'it needs a public address that leads to this machine: --callback host:port',
      )
    for (const status of STATUSES) {
      const [from, to] = [`/${probe.nonce()}`, `/${probe.nonce()}`]
      inner.answer(to, saying('{}'))
      outer.answer(from, redirecting(inner.url(to), status))
      const shot = await bait.shoot(outer.url(from))
      const came = await inner.awaited(to, 150)
      if (came.length > 0)
        return {
          ...fail(
            `${it.operation.id} follows a redirect (${status}) of ${outer.url(from)} to ${inner.url(to)}`,
            direct.answer,
            ...answersOf(shot),
          ),
          cause: causeOf(it.operation.id, bait.input.at),
        }
    }
    return pass('the first address is called, and no redirect inwards is followed', direct.answer)
  } finally {
    await inner.close()
  }
}
