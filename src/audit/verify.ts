import type { AuditRecord, AuditRecords } from '../stores/store.ts'
import { genesis, type Head, linkHash } from './chain.ts'
import { type CheckpointSigner, isGenuine } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint-line.ts'

const PAGE = 1_000
const MAX_FAULTS = 100

export type AuditFaultKind =
  /** The body does not have the hash that is stored with it. */
  | 'changed'
  /** A record does not follow the one before it: one was removed, inserted, exchanged or written anew. */
  | 'broken-link'
  /** Numbers are absent. */
  | 'missing'
  /** The chain ends before a record that a checkpoint vouches for. */
  | 'cut-tail'
  /** The chain fits together, but a checkpoint vouches for another record at this number. */
  | 'rewritten'
  /** A checkpoint's signature is not by the key it names. */
  | 'forged-checkpoint'
  /** The newest checkpoint of a node is under a key that is not in the ring: nothing vouches for what it covers. */
  | 'unknown-key'
  /** There are records and no checkpoint; every start writes one. */
  | 'no-checkpoint'

export interface AuditFault {
  readonly kind: AuditFaultKind
  readonly seq: number
  readonly detail: string
}

export interface NodeReport {
  readonly node: string
  /** 0 when there is no record. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly count: number
  /** The first hundred, in the order of the chain; `faultCount` is how many there are. */
  readonly faults: readonly AuditFault[]
  readonly faultCount: number
  /** Genuine checkpoints that agree with the chain. */
  readonly checkpoints: number
  /** What was written after the newest of them and may be cut without a trace; seconds are null when the times cannot be told. */
  readonly unprotected: { readonly records: number; readonly seconds: number | null }
}

export interface AuditReport {
  readonly whole: boolean
  readonly nodes: readonly NodeReport[]
  /** Lines of the checkpoint file that are no checkpoints. */
  readonly damagedLines: readonly number[]
  /** What this check cannot see, in sentences. */
  readonly cannotSee: readonly string[]
}

export interface AuditEvidence {
  readonly records: AuditRecords
  /** As `readCheckpoints` gives them, read before the records are. Null when the deployment keeps none. */
  readonly checkpoints: { readonly checkpoints: readonly Checkpoint[]; readonly damaged: readonly number[] } | null
  readonly signer: CheckpointSigner
}

/**
 * Follows every node's chain from its genesis and holds it against the signed checkpoints.
 * Reads a page at a time: memory does not grow with the log. @throws {StoreError} When the store cannot answer: that is no verdict.
 */
export async function verifyAudit({ records, checkpoints, signer }: AuditEvidence): Promise<AuditReport> {
  const vouched = grouped(checkpoints?.checkpoints ?? [], (checkpoint) => checkpoint.node)
  const names = [...new Set([...(await records.nodes()), ...vouched.keys()])].sort()
  const nodes: NodeReport[] = []
  for (const node of names) {
    const trail = new Trail(node, vouched.get(node) ?? [], signer)
    for await (const record of chainOf(records, node)) trail.follow(record)
    nodes.push(trail.end(checkpoints !== null))
  }
  const damagedLines = checkpoints?.damaged ?? []
  const whole = damagedLines.length === 0 && nodes.every((report) => report.faultCount === 0)
  return { whole, nodes, damagedLines, cannotSee: blindSpots(nodes, checkpoints !== null) }
}

async function* chainOf(records: AuditRecords, node: string): AsyncGenerator<AuditRecord> {
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const page = await records.read(node, after, PAGE)
    yield* page
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.seq
  }
}

/** One walk along one chain. After a fault it goes on from what is stored, so that one change is not reported a thousand times. */
class Trail {
  readonly #node: string
  readonly #genuine: readonly Checkpoint[]
  readonly #bySeq: ReadonlyMap<number, readonly Checkpoint[]>
  readonly #faults: AuditFault[] = []
  #faultCount = 0
  #previous: string
  #firstSeq = 0
  #lastSeq = 0
  #count = 0
  #agreeing: Checkpoint[] = []
  #lastBody = ''

  constructor(node: string, checkpoints: readonly Checkpoint[], signer: CheckpointSigner) {
    this.#node = node
    this.#previous = genesis(node).hash
    this.#genuine = checkpoints.filter((checkpoint) => isGenuine(checkpoint, signer))
    this.#bySeq = grouped(this.#genuine, (checkpoint) => checkpoint.seq)
    this.#judgeSignatures(checkpoints, signer)
    this.#compare(genesis(node))
  }

  follow(record: AuditRecord): void {
    const { seq } = record
    const expected = this.#lastSeq + 1
    if (seq > expected)
      this.#fault('missing', expected, `${seq - expected} records from number ${expected} on are absent`)
    else if (seq < expected) this.#fault('broken-link', seq, 'a number that a chain cannot have')
    if (record.previous !== this.#previous) this.#fault('broken-link', seq, 'does not follow the record before it')
    if (linkHash(record.previous, record.body) !== record.hash)
      this.#fault('changed', seq, 'the record does not have its hash')
    this.#compare(record)
    if (this.#count === 0) this.#firstSeq = seq
    this.#count += 1
    this.#lastSeq = seq
    this.#previous = record.hash
    this.#lastBody = record.body
  }

  end(checkpointsKept: boolean): NodeReport {
    for (const { seq, at } of this.#genuine) {
      if (seq > this.#lastSeq)
        this.#fault('cut-tail', seq, `the checkpoint of ${at} vouches for it; the chain ends at ${this.#lastSeq}`)
    }
    if (checkpointsKept && this.#count > 0 && this.#genuine.length === 0) {
      this.#fault('no-checkpoint', this.#lastSeq, 'no genuine checkpoint vouches for any record of this node')
    }
    return {
      node: this.#node,
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
      count: this.#count,
      faults: this.#faults,
      faultCount: this.#faultCount,
      checkpoints: this.#agreeing.length,
      unprotected: this.#unprotected(),
    }
  }

  #judgeSignatures(checkpoints: readonly Checkpoint[], signer: CheckpointSigner): void {
    const newest = this.#genuine.at(-1)?.seq ?? 0
    const genuine = new Set(this.#genuine)
    for (const { seq, at, kid } of checkpoints.filter((checkpoint) => !genuine.has(checkpoint))) {
      if (signer.knows(kid))
        this.#fault('forged-checkpoint', seq, `the checkpoint of ${at} is not signed by key ${kid}`)
      else if (seq > newest)
        this.#fault('unknown-key', seq, `the checkpoint of ${at} is under key ${kid}, which the ring does not have`)
    }
  }

  #compare(stored: Head): void {
    const { seq } = stored
    for (const checkpoint of this.#bySeq.get(seq) ?? []) {
      if (checkpoint.hash === stored.hash) this.#agreeing.push(checkpoint)
      else this.#fault('rewritten', seq, `the checkpoint of ${checkpoint.at} vouches for another record`)
    }
  }

  #unprotected(): NodeReport['unprotected'] {
    const newest = this.#agreeing.at(-1)
    const records = this.#lastSeq - (newest?.seq ?? this.#firstSeq - 1)
    if (this.#count === 0 || records === 0) return { records: 0, seconds: 0 }
    const seconds = newest ? (writtenAt(this.#lastBody) - Date.parse(newest.at)) / 1000 : Number.NaN
    return { records, seconds: Number.isNaN(seconds) ? null : Math.max(0, seconds) }
  }

  #fault(kind: AuditFaultKind, seq: number, detail: string): void {
    this.#faultCount += 1
    if (this.#faults.length < MAX_FAULTS) this.#faults.push({ kind, seq, detail })
  }
}

function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? []
    group.push(item)
    groups.set(keyOf(item), group)
  }
  return groups
}

/** Milliseconds; NaN when the body does not say. */
function writtenAt(body: string): number {
  try {
    const { at } = JSON.parse(body) as { at?: unknown }
    return typeof at === 'string' ? Date.parse(at) : Number.NaN
  } catch {
    return Number.NaN
  }
}

function blindSpots(nodes: readonly NodeReport[], checkpointsKept: boolean): readonly string[] {
  const tails = nodes.filter(({ unprotected }) => unprotected.records > 0)
  return [
    ...(checkpointsKept
      ? []
      : ['No checkpoints are kept: a tail that was cut, or a chain that was written anew as a whole, does not show.']),
    ...tails.map(({ node, unprotected: { records, seconds } }) => {
      const span = seconds === null ? '' : `, ${seconds.toFixed(1)} s`
      return `Node ${node}: the newest ${records} ${records === 1 ? 'record' : 'records'}${span} after the newest checkpoint could be cut off or written anew without a trace.`
    }),
    'Noted events that were not stored yet when a process was killed (at most one group commit, 0.1 s by default).',
    'Records and checkpoints that were cut back together to the same point: copy the checkpoint file to another machine to see that.',
    'Whoever holds both the database and the key ring can write a new chain and sign it.',
    'Power loss under an embedded database, which does not wait for the disk, looks like a cut tail.',
  ]
}
