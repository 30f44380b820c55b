import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { brakeIn, ensureLimitIsIts, GUESSES, isSlowedDown, LIMIT_REQUESTS } from './braked.ts'
import { loginForm } from './login-form.ts'

export const loginGuessing: Attack = {
  id: 'login-guessing',
  number: 47,
  risk: 'API2',
  severity: 'high',
  cwe: 307,
  title: 'Passwords can be guessed without limit',
  references: ['OWASP API2:2023', 'ASVS 5.0 6.3.1'],
  maxRequests: GUESSES + 1 + LIMIT_REQUESTS,
  oracle: `${GUESSES} wrong passwords of one account meet no 429, lock or growing delay, and the right one still signs in after them.`,
  fix: 'Count wrong passwords by account and by address; after a handful answer 429 with Retry-After, and let delays grow.',
  phase: 'exhausting',
  *cases({ operations, identities, auth }) {
    const operation = operations.find(({ id, leftOut }) => id === auth.login && !leftOut) ?? null
    if (identities.some(({ source, account }) => source.kind === 'login' && account !== null)) yield { operation }
    else yield { operation, untested: 'nobody signs in with a password; add a login and an account to identities' }
  },
  async run(_case, probe) {
    const identity = await probe.throwaway()
    const form = loginForm(identity, probe)
    await identity.session()
    const answers: Answer[] = []
    for (let guess = 1; guess <= GUESSES; guess++) {
      const answer = await probe.send(form.draft(form.username, `Wrong-${guess}-${form.password}`), probe.nobody, {
        anyStatus: true,
        meetsLimits: true,
      })
      const brake = brakeIn(answer, answers[0] ?? answer)
      if (brake !== null) {
        await ensureLimitIsIts(answer, identity, probe)
        return pass(`guess ${guess} meets ${brake}`, answer)
      }
      if (answer.status === 0 || answer.status >= 500)
        throw new Inconclusive(`guess ${guess} was answered ${answer.status}, which limits nothing`, answer)
      if (form.signsIn(answer)) throw new Inconclusive('a wrong password signs in, so guessing says nothing', answer)
      answers.push(answer)
    }
    if (isSlowedDown(answers)) return pass('answers become slower with each guess', ...answers.slice(-1))
    // An account may be locked without a word.
    const right = await probe.send(form.draft(form.username, form.password), probe.nobody, {
      anyStatus: true,
      meetsLimits: true,
    })
    if (right.status === 0 || right.status >= 500)
      throw new Inconclusive(`the right password is answered ${right.status}, which limits nothing`, right)
    if (!form.signsIn(right)) return pass(`after ${GUESSES} guesses the right password is refused too`, right)
    return fail(
      `${GUESSES} wrong passwords met no limit, and the right one still signs in`,
      ...answers.slice(-1),
      right,
    )
  },
}
