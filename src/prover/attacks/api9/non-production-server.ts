import type { Attack, Case } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { fail, pass } from '../../verdict.ts'
import { isInside, isLoopback } from '../loopback.ts'

export const nonProductionServer: Attack = {
  id: 'non-production-server',
  number: 124,
  risk: 'API9',
  severity: 'low',
  cwe: 1059,
  title: 'The document of a public API lists servers that are not for the public',
  references: ['OWASP API9:2023', 'OpenAPI 3.1 Server Object', 'ASVS 5.0 13.4.5'],
  maxRequests: 1,
  oracle:
    'Beside a public server the document lists one for tests or development, or one inside a private network. The target itself does not count. Nothing is sent.',
  fix: 'Publish a document with the public servers alone, made from the same source as the internal one.',
  phase: 'normal',
  cases: (plan) => (hostsOf(plan).length === 0 ? [] : [{ operation: null }]),
  async run(_: Case, probe) {
    const { base } = probe
    const others = hostsOf(probe.plan).filter(
      ({ hostname }) => hostname !== base.hostname && !(isLoopback(hostname) && isLoopback(base.hostname)),
    )
    const found = others.filter(({ url, hostname }) => isForOurselves(hostname) || isSaidToBe(probe.plan, url))
    const isPublic = hostsOf(probe.plan).length > found.length && others.some((each) => !found.includes(each))
    if (found.length === 0) return pass('every server is for the public')
    if (!isPublic && isForOurselves(base.hostname)) return pass('the document is not of a public API')
    return fail(`the document lists ${found.map(({ url }) => url).join(', ')}`)
  },
}

interface Host {
  readonly url: string
  readonly hostname: string
}

const hostsOf = ({ document }: Plan): readonly Host[] =>
  document.servers.flatMap((url) => (URL.canParse(url) ? [{ url, hostname: new URL(url).hostname }] : []))

const isForOurselves = (hostname: string): boolean =>
  isLoopback(hostname) ||
  isInside(hostname) ||
  hostname
    .split('.')
    .some((label) =>
      /(^|-)(dev|devel|development|test|testing|qa|uat|stg|stag|stage|staging|preprod|pre-prod|internal|local)(-?\d*)(-|$)/i.test(
        label,
      ),
    )

/** A sandbox is offered to clients by many; only a note that it is internal makes it ours. */
const isSaidToBe = ({ document }: Plan, url: string): boolean =>
  document.serverNotes.some((each) => each.url === url && each.internal === true)
