import type { ReadOperation } from '../../from-openapi/document.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { replyPlaces, several } from './places-of.ts'
import { isCredentialName, isNeverShown } from './secret-name.ts'
import { segmentsOf, wordsOf } from './words-of.ts'

export const secretShown: ForeignRule = {
  id: 'secret-shown',
  risk: 'API3',
  asvs: '14.2.6',
  severity: 'error',
  title: 'No reply shows what is called like a secret',
  *check({ operations }) {
    for (const operation of operations) {
      const handsOut = isSignIn(operation)
      const found = replyPlaces(operation).filter(
        ({ name, node }) =>
          name !== null &&
          node.type !== 'boolean' &&
          (isNeverShown(name) || isCredentialName(name)) &&
          !(handsOut && isHandedOut(name)),
      )
      const [first] = found
      if (first)
        yield {
          operation,
          severity: found.some(({ name }) => isNeverShown(name ?? '')) ? 'error' : 'warning',
          message: `the reply shows what is called like a secret: ${several(found.map(({ place }) => place))}`,
          fix: `${first.name}: { …, writeOnly: true }, or a reply without it`,
        }
    }
  },
}

const SIGN_IN = new Set(
  'login signin sign session sessions token tokens auth authenticate oauth refresh register signup keys key apikeys credentials secrets webhooks otp mfa totp'.split(
    ' ',
  ),
)

/** Where a credential is made, it is shown once. */
const isSignIn = (operation: ReadOperation): boolean =>
  operation.method === 'POST' &&
  [...segmentsOf(operation).flat(), ...wordsOf(operation.operationId ?? '')].some((word) => SIGN_IN.has(word))

const isHandedOut = (name: string): boolean => isCredentialName(name) || /secret$/i.test(name)
