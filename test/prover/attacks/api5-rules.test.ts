import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { XRule } from '../../../src/contract/openapi/extension.ts'
import { deniesFunction } from '../../../src/prover/attacks/api5/denies-function.ts'
import { spellingsOf } from '../../../src/prover/attacks/path-spellings.ts'
import { matchesTemplate, sameTemplate } from '../../../src/prover/attacks/path-template.ts'
import type { IdentityPlan, Operation } from '../../../src/prover/plan/plan.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

const [user] = PEOPLE as readonly [IdentityPlan]
const admin = PEOPLE.find(({ kind }) => kind === 'admin') as IdentityPlan
const client: IdentityPlan = { ...user, kind: 'client' }
const operation = (rule: XRule | null, more: Partial<Operation> = {}): Operation =>
  ({ rule, access: 'signed-in', extension: null, ...more }) as Operation
const withClients = (clients: string | null) =>
  operation({ signedIn: true }, { extension: { clients } as Operation['extension'] })

describe('who may not call an operation at all', () => {
  const onlyAdmins: XRule = { role: 'admin' }
  const owned: XRule = { owns: 'note' }
  it.each<[string, Operation, IdentityPlan, boolean | null]>([
    ['a role that he lacks', operation(onlyAdmins), user, true],
    ['a role that he has', operation(onlyAdmins), admin, false],
    ['anybody signed in', operation({ signedIn: true }), user, false],
    ['the owner: the object decides', operation(owned), user, null],
    ['owner or role: the object decides', operation({ any: [owned, onlyAdmins] }), user, null],
    ['owner and role', operation({ all: [owned, onlyAdmins] }), user, true],
    ['one of two roles that he lacks', operation({ any: [onlyAdmins, { role: 'billing' }] }), user, true],
    ['a key where no scope is named for keys', withClients(null), client, true],
    ['a key where a scope is named', withClients('notes:read'), client, null],
    ['nobody says, for admins', operation(null, { access: 'admin' }), user, true],
    ['nobody says, public', operation(null, { access: 'public' }), user, false],
    ['nobody says anything', operation(null), user, null],
    ['nobody says, and he is an admin', operation(null, { access: 'admin' }), admin, null],
  ])('%s', (_what, it, who, denied) => expect(deniesFunction(it, who)).toBe(denied))
})

const segment = fc.stringMatching(/^[a-z]{1,8}$/)
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`)

describe('paths', () => {
  it('are spelled in other ways only', () => {
    fc.assert(
      fc.property(path, (given) => {
        for (const { path: other } of spellingsOf(given)) {
          expect(other).not.toBe(given)
          expect(other.startsWith('/')).toBe(true)
        }
      }),
    )
  })

  it('match the template that they were made from', () => {
    fc.assert(
      fc.property(path, segment, (given, id) => {
        expect(matchesTemplate(`${given}/${id}`, `${given}/{id}`)).toBe(true)
        expect(matchesTemplate(`${given}/${id}/more`, `${given}/{id}`)).toBe(false)
        expect(sameTemplate(`${given}/{one}`, `${given}/{other}`)).toBe(true)
        expect(sameTemplate(`${given}/{one}`, `${given}/${id}`)).toBe(false)
      }),
    )
  })
})
