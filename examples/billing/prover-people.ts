import { randomBytes, randomUUID } from 'node:crypto'
import { access, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isLocal } from 'turnpike/identity'
import type { Gate } from 'turnpike/server'

/** Where `turnpike prove` looks for who may attack the demo. */
const IDENTITIES_FILE = 'prove-identities.json'

/**
 * Makes throw-away people in two tenants of their own, and a file with their passwords that only its owner may read.
 * Does nothing where the file is there.
 */
export async function proverPeople(gate: Gate, folder: string): Promise<void> {
  const path = join(folder, IDENTITIES_FILE)
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) return
  const { identity } = gate
  if (!isLocal(identity)) throw new TypeError('the demo keeps its own users')
  const [one, other] = [randomUUID(), randomUUID()]
  const people = [
    { name: 'alice', kind: 'user', tenant: one, roles: [] },
    { name: 'bob', kind: 'user', tenant: one, roles: [] },
    { name: 'carol', kind: 'user', tenant: other, roles: [] },
    { name: 'admin', kind: 'admin', tenant: one, roles: ['admin', 'billing'] },
    // Whose accounts may be locked and whose limits may be spent.
    ...Array.from({ length: 8 }, (_, index) => ({
      name: `spare${index + 1}`,
      kind: 'user',
      tenant: one,
      roles: [],
      spare: true,
    })),
  ].map((person) => ({
    ...person,
    username: `prover-${person.name}-${randomBytes(4).toString('hex')}@example.com`,
    password: `Aa1-${randomBytes(16).toString('base64url')}`,
  }))
  for (const { name, tenant, roles, username, password } of people)
    await identity.provision({
      email: username,
      password,
      name: `Prover ${name.replace(/\d+/, '')}`,
      age: 40,
      tenantId: tenant,
      roles,
    })
  // The file last, in one step: a start that was killed midway leaves people whom nobody knows, and the next makes new ones.
  const fresh = `${path}.${randomBytes(4).toString('hex')}`
  // `wx`: a file that is there already would keep the mode that somebody gave it.
  await writeFile(fresh, `${JSON.stringify({ identities: people }, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  await rename(fresh, path)
}
