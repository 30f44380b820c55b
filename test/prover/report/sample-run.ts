import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import type { Attack } from '../../../src/prover/attack.ts'
import type { Operation } from '../../../src/prover/plan/plan.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { prove } from '../../../src/prover/prove.ts'
import { openRunFolder } from '../../../src/prover/report/run-folder.ts'
import { type RunRecord, runHead } from '../../../src/prover/report/run-record.ts'
import { fail, Inconclusive, pass } from '../../../src/prover/verdict.ts'
import { type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

/** The id of a note is enough to read it. */
export const OPEN_READ: NotesParts = {
  read: (request, response, { notes }) => {
    const note = notes.get(String(request.params.noteId))
    if (note) response.json(note)
    else response.status(404).json({ error: 'not found' })
  },
}

/** Attacks of this sample alone, so that reports can be told apart from what real attacks become. */
const FACTS = {
  severity: 'critical',
  cwe: 639,
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 8,
  oracle: 'The note stands in the answer to somebody else.',
  fix: 'Compare the owner of the note with the caller.',
  phase: 'normal',
} as const

const note: Attack = {
  ...FACTS,
  id: 'note-read',
  number: 1,
  risk: 'API1',
  title: "Another user reads somebody's note",
  *cases(plan) {
    const operation = plan.operations.find(({ id }) => id === 'GET /notes/{noteId}') ?? null
    for (const [owner, attacker] of [
      ['admin', 'alice'],
      ['bob', 'carol'],
      ['alice', 'bob'],
    ] as const)
      yield { operation, owner, attacker }
  },
  async run({ operation, owner, attacker }, probe) {
    if (operation === null) return pass()
    const thing = await probe.object('note', probe.identity(owner))
    const control = await probe.ownerReads(operation, probe.identity(owner), thing)
    const answer = await probe.send(control.draft, probe.identity(attacker))
    return probe.shows(answer, control)
      ? fail(`${attacker} is shown the note of ${owner}`, control.answer, answer)
      : pass(`${attacker} is answered ${answer.status}`, control.answer, answer)
  },
}

const list: Attack = {
  ...FACTS,
  id: 'list-unsigned',
  number: 21,
  risk: 'API2',
  cwe: 306,
  title: 'Answers without a credential',
  *cases(plan) {
    for (const id of ['GET /notes', 'GET /me'])
      yield { operation: plan.operations.find((each) => each.id === id) ?? null, attacker: 'alice' }
  },
  async run({ operation }, probe) {
    const draft = await probe.draft(operation as Operation, probe.identity('alice'))
    const answer = await probe.send(draft, probe.nobody)
    return answer.status === 401 ? pass('refused', answer) : fail('answered', answer)
  },
}

/** Never comes to a conclusion, or says that something is missing. */
const undecided: Attack = {
  ...FACTS,
  id: 'undecided',
  number: 66,
  risk: 'API4',
  title: 'Nobody can tell',
  *cases(plan) {
    yield { operation: plan.operations[0] ?? null }
    yield { operation: null, untested: 'needs a clock; add one' }
  },
  async run({ operation }, probe) {
    const draft = await probe.draft(operation as Operation, probe.identity('alice'))
    throw new Inconclusive('the control was refused', await probe.send({ ...draft, body: undefined }, probe.nobody))
  },
}

export const SAMPLE_ATTACKS: readonly Attack[] = [note, list, undecided]

/** A real run against the notes API, written to a folder of its own. */
export async function sampleRun(
  parts: NotesParts = OPEN_READ,
  runId = 'sample',
): Promise<{ run: RunRecord; path: string; base: string }> {
  const server = await startNotes(parts)
  const base = await mkdtemp(join(tmpdir(), 'turnpike-runs-'))
  try {
    const plan = planOf(readDocument(notesDocument()), { ...NO_HINTS, identities: PEOPLE })
    const limits = {
      rate: 5000,
      maxRequests: 1000,
      timeoutMilliseconds: 3000,
      maxWaitSeconds: 2,
      allowWrites: true,
      scope: [],
    }
    const head = runHead({
      turnpike: '0.0.0-test',
      runId,
      startedAt: new Date().toISOString(),
      target: server.url,
      contract: 'openapi.yaml',
      plan,
      attacks: SAMPLE_ATTACKS,
      options: { seed: 1, safe: false, only: [], limits },
    })
    const folder = await openRunFolder(base, head)
    const result = await prove(
      plan,
      {
        base: new URL(server.url),
        origins: [],
        now: () => Date.now(),
        wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
        timeIsOurs: false,
      },
      {
        attacks: SAMPLE_ATTACKS,
        limits,
        concurrency: 4,
        safe: false,
        seed: 1,
        callback: null,
        runId,
        onExchange: folder.appendExchange,
        onResult: folder.appendResult,
      },
    )
    return { run: await folder.finish(result), path: folder.path, base }
  } finally {
    await server.close()
  }
}
