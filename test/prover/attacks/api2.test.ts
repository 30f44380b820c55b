import { noCredential } from '../../../src/prover/attacks/api2/no-credential.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, soundAuthentication } from '../fixtures/notes-api.ts'

describeAttack({
  attack: noCredential,
  vulnerable: { authenticate: (request, notes) => soundAuthentication(request, notes) ?? ACCOUNTS[0] ?? null },
})
