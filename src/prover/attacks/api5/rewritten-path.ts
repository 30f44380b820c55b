import type { Attack, Case } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { fail, pass } from '../../verdict.ts'
import { type GuardedCase, guardedControl, guardedReads, NOBODY_NAME } from './guarded.ts'

const HEADERS = ['X-Original-URL', 'X-Rewrite-URL', 'X-Override-URL']

export const rewrittenPath: Attack = {
  id: 'rewritten-path',
  number: 84,
  risk: 'API5',
  severity: 'critical',
  cwe: 288,
  title: 'A header that names another path goes around the guard',
  references: ['OWASP API5:2023', 'ASVS 5.0 4.1.3'],
  maxRequests: 12,
  oracle:
    'A request whose path and header name different operations shows the refused caller most of what only the owner is shown.',
  fix: 'Drop X-Original-URL, X-Rewrite-URL and their kind at the edge, and let the application route and guard by the request line alone.',
  phase: 'normal',
  // One guarded read each: whether a header moves a request is a matter of the server.
  cases: (plan) => guardedReads(plan, 1),
  async run(it: Case, probe) {
    const { attacker, control, refused, reaches } = await guardedControl(probe, it as GuardedCase)
    const { draft } = control
    const open = openPath(probe.plan, it.attacker)
    for (const name of HEADERS)
      for (const [path, named] of [
        [open, draft.path],
        [draft.path, open],
      ] as const) {
        const query = path === draft.path ? draft.query : []
        const answer = await probe.send(
          { ...draft, path, query, headers: [...draft.headers, [name, named]] },
          attacker,
          { anyStatus: true },
        )
        if (reaches(answer))
          return fail(`${it.attacker} is shown it by asking for ${path} with ${name}: ${named}`, refused, answer)
      }
    return pass('the headers are not listened to', refused)
  },
}

/** A path that the attacker may ask for: something public, or for a user what tells him who he is. */
function openPath(plan: Plan, attacker: string | undefined): string {
  const whoAmI = plan.operations.find(({ id }) => id === plan.auth.whoAmI)
  if (attacker !== NOBODY_NAME && whoAmI) return whoAmI.path
  const open = plan.operations.filter(({ access, path }) => access === 'public' && !path.includes('{'))
  return (open.find(({ method }) => method === 'GET') ?? open[0])?.path ?? '/'
}
