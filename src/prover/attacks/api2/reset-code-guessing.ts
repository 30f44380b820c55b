import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { brakeIn, ensureLimitIsIts, GUESSES, isSlowedDown, LIMIT_REQUESTS } from './braked.ts'
import { loginForm, replacedTexts } from './login-form.ts'
import { newPassword } from './password-change.ts'

export const resetCodeGuessing: Attack = {
  id: 'reset-code-guessing',
  number: 49,
  risk: 'API2',
  severity: 'high',
  cwe: 640,
  title: 'The short code of a password reset can be guessed without limit',
  references: ['OWASP API2:2023', 'ASVS 5.0 6.4.3', 'ASVS 5.0 6.5.5'],
  maxRequests: GUESSES + 1 + LIMIT_REQUESTS,
  oracle: `${GUESSES} wrong codes of one reset meet no 429, lock, other answer or growing delay, where the code is short.`,
  fix: 'End the code after a few wrong tries, limit them by account and address, and make it long where it is sent as a link.',
  phase: 'exhausting',
  *cases(plan) {
    const operation = plan.operations.find(({ id, leftOut }) => id === plan.auth.resetPassword && !leftOut)
    if (!operation) yield { operation: null, untested: 'no operation that ends a password reset is known' }
    else if (codeField(operation) === null)
      yield { operation, untested: 'its code is long, or the document does not say that it is short' }
    else yield { operation }
  },
  async run({ operation }, probe) {
    const field = operation ? codeField(operation) : null
    if (!operation || field === null) throw new NotTested('no operation that ends a password reset is known')
    const identity = await probe.throwaway()
    const form = loginForm(identity, probe)
    const next = newPassword(probe)
    const draft = await probe.draft(operation, identity)
    const guessed = (code: string) =>
      replacedTexts(draft.body, (text, key) =>
        key === field.name ? code : /pass/i.test(key) ? next : /e-?mail|user|login/i.test(key) ? form.username : text,
      )
    await requestCode(probe.plan)
    const answers: Answer[] = []
    for (let guess = 1; guess <= GUESSES; guess++) {
      const code = String(Math.floor(probe.random() * 10 ** field.digits)).padStart(field.digits, '0')
      const body = guessed(code)
      const answer = await probe.send({ ...draft, body }, probe.nobody, { anyStatus: true, meetsLimits: true })
      const brake = brakeIn(answer, answers[0] ?? answer)
      if (brake !== null) {
        await ensureLimitIsIts(answer, identity, probe)
        return pass(`guess ${guess} meets ${brake}`, answer)
      }
      if (
        answer.status < 400 ||
        answer.status >= 500 ||
        ([401, 403, 404, 405, 415].includes(answer.status) && guess === 1)
      )
        throw new Inconclusive(`a wrong code is answered ${answer.status}, so codes seem not to be looked at`, answer)
      if (guess === 1 && !SPEAKS_OF_CODE.test(answer.text))
        throw new Inconclusive(
          'the refusal does not speak of the code: the request may be refused for its form',
          answer,
        )
      answers.push(answer)
    }
    if (isSlowedDown(answers)) return pass('answers become slower with each guess', ...answers.slice(-1))
    return fail(
      `${GUESSES} wrong codes of ${field.digits} digits met no limit`,
      ...answers.slice(0, 1),
      ...answers.slice(-1),
    )

    async function requestCode({ auth }: Plan): Promise<void> {
      const forgot = probe.operation(auth.forgotPassword)
      if (forgot === null) throw new NotTested('no operation that begins a password reset is known')
      const begin = await probe.draft(forgot, identity)
      const body = replacedTexts(begin.body, (text, key) => (/e-?mail|user|login/i.test(key) ? form.username : text))
      const answer = await probe.send({ ...begin, body }, probe.nobody)
      if (!succeeded(answer)) throw new Inconclusive(`${forgot.id} answered ${answer.status}`, answer)
    }
  },
}

const SPEAKS_OF_CODE = /code|otp|pin\b|token|expired/i

/** The field of a short code: its name says code, and the document or its example says few digits. */
function codeField({ read, samples }: Operation): { readonly name: string; readonly digits: number } | null {
  for (const { schema, examples } of read.body?.content ?? [])
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (!/code|otp|pin|token/i.test(name)) continue
      const shown = [...examples, ...samples.map(({ body }) => body)]
        .map((example) => (example as Readonly<Record<string, unknown>> | null | undefined)?.[name])
        .find((example) => typeof example === 'string' && /^\d{3,8}$/.test(example))
      const digits = typeof shown === 'string' ? shown.length : shortLength(property)
      if (digits !== null) return { name, digits }
    }
  return null
}

function shortLength({ maxLength, pattern }: JsonSchema): number | null {
  const counted = /(?:\\d|\[0-9\])\{(\d)\}/.exec(pattern ?? '')?.[1]
  if (counted !== undefined) return Number(counted)
  return maxLength !== undefined && maxLength <= 8 ? maxLength : null
}
