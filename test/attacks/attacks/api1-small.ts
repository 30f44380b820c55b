import { randomUUID } from 'node:crypto'
import { foldersTable, type NoteRow, notesTable, viewers } from '../../support/small-api.ts'
import type { Called, SmallGate } from '../../support/small-gate.ts'
import { type Attack, HELD, Inconclusive, type Verdict } from '../attack.ts'

/** The small API has what the demo lacks: children under parents, and lists of ids. */
type Small = Attack<SmallGate>

const ALICE = 'alice.acme'
const BOB = 'bob.acme'

const must = (answer: Called): Called => {
  if (answer.status < 300) return answer
  throw new Inconclusive(`the control answered ${answer.status} ${JSON.stringify(answer.body)}`)
}
const verdict = (held: boolean, what: string, answer: Called): Verdict =>
  held ? HELD : { broken: `${what}: ${answer.status} ${JSON.stringify(answer.body)}` }

export function plantNote(changes: Partial<NoteRow> = {}): NoteRow {
  const row: NoteRow = {
    id: randomUUID(),
    ownerId: 'alice',
    tenantId: 'acme',
    folderId: randomUUID(),
    text: `canary ${randomUUID()}`,
    phone: '555123456',
    score: 3,
    ...changes,
  }
  notesTable.set(row.id, row)
  return row
}

function plantFolder(ownerId: string) {
  const folder = { id: randomUUID(), ownerId, tenantId: 'acme' }
  foldersTable.set(folder.id, folder)
  return folder
}

const childOfAnother: Small = {
  number: 7,
  title: "an own parent with another's child",
  async run({ call }) {
    const theirs = plantNote({ folderId: plantFolder('alice').id })
    must(await call(`GET /v1/folders/${theirs.folderId}/notes/${theirs.id}`, { as: ALICE }))
    const answer = await call(`GET /v1/folders/${plantFolder('bob').id}/notes/${theirs.id}`, { as: BOB })
    return verdict(answer.status === 404, "bob read alice's note through his own folder", answer)
  },
}

const parentOfAnother: Small = {
  number: 8,
  title: "another's parent with an own child",
  async run({ call }) {
    const own = plantNote({ ownerId: 'bob', folderId: plantFolder('bob').id })
    must(await call(`GET /v1/folders/${own.folderId}/notes/${own.id}`, { as: BOB }))
    const answer = await call(`GET /v1/folders/${plantFolder('alice').id}/notes/${own.id}`, { as: BOB })
    return verdict(answer.status === 404, "bob reached through alice's folder", answer)
  },
}

const wrongParent: Small = {
  number: 8,
  title: 'an own child under another parent of one’s own',
  async run({ call }) {
    const own = plantNote({ folderId: plantFolder('alice').id })
    must(await call(`GET /v1/folders/${own.folderId}/notes/${own.id}`, { as: ALICE }))
    const answer = await call(`GET /v1/folders/${plantFolder('alice').id}/notes/${own.id}`, { as: ALICE })
    return verdict(answer.status === 404, 'a child was found under the wrong parent', answer)
  },
}

const mixedList: Small = {
  number: 9,
  title: "another's id in a list of own ids, item by item (lesson 35)",
  async run({ call }) {
    const own = plantNote({ ownerId: 'bob' })
    const theirs = plantNote()
    const merge = (ids: readonly string[]) =>
      call('POST /v1/notes/merge', { as: BOB, body: { notes: ids }, headers: { 'idempotency-key': randomUUID() } })
    must(await merge([own.id]))
    for (const ids of [[own.id, theirs.id], [theirs.id, own.id], [own.id, own.id, theirs.id], [theirs.id]]) {
      const answer = await merge(ids)
      if (answer.status !== 400 || JSON.stringify(answer.body).includes(theirs.text))
        return verdict(false, "bob read alice's note in a batch", answer)
    }
    const never = await merge([own.id, randomUUID()])
    const denied = await merge([own.id, theirs.id])
    return verdict(
      JSON.stringify({ ...never.body, requestId: '' }) === JSON.stringify({ ...denied.body, requestId: '' }),
      'a denied id differs from one that never was',
      denied,
    )
  },
}

const nullOwner: Small = {
  number: 1,
  title: 'an object without an owner is nobody’s (lesson 2)',
  async run({ call }) {
    const orphan = plantNote({ ownerId: null })
    must(await call(`GET /v1/notes/${orphan.id}`, { as: 'root.acme.admin' }))
    for (const as of [ALICE, BOB, 'null.acme', 'undefined.acme']) {
      const answer = await call(`GET /v1/notes/${orphan.id}`, { as })
      if (answer.status !== 404) return verdict(false, `${as} owns what is nobody's`, answer)
    }
    return HELD
  },
}

const sharedAcrossTenants: Small = {
  number: 18,
  title: 'an object that was shared with somebody of another tenant',
  async run({ call }) {
    const { id } = plantNote()
    viewers.set(id, new Set(['bob', 'carol']))
    must(await call(`GET /v1/notes/${id}`, { as: BOB }))
    const answer = await call(`GET /v1/notes/${id}`, { as: 'carol.other' })
    return verdict(answer.status === 404, 'a share opened the tenant wall', answer)
  },
}

const listOfOthers: Small = {
  number: 10,
  title: 'a handler whose list forgot to ask whose rows they are',
  async run({ call }) {
    const theirs = plantNote()
    const answer = await call('GET /v1/notes', { as: 'mallory.acme' })
    return verdict(
      answer.status === 500 && !JSON.stringify(answer.body).includes(theirs.text),
      "a list showed another's note",
      answer,
    )
  },
}

export const api1Small = {
  listOfOthers,
  childOfAnother,
  parentOfAnother,
  wrongParent,
  mixedList,
  nullOwner,
  sharedAcrossTenants,
}
