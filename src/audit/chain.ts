import { createHash } from 'node:crypto'
import type { AuditRecord } from '../stores/store.ts'

/** The newest link of a node's chain. `seq` 0 is the genesis, which is no record. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** Where a node's chain begins: a chain moved under another node's name does not fit. */
export function genesis(node: string): Head {
  return { seq: 0, hash: sha256(node) }
}

/** SHA-256 of the link before, a line feed and the body; base64url. The hash has no line feed, so the two never run into each other. */
export function linkHash(previous: string, body: string): string {
  return sha256(`${previous}\n${body}`)
}

/** Links bodies to a head, in order. */
export function link(node: string, head: Head, bodies: readonly string[]): readonly AuditRecord[] {
  let { seq, hash } = head
  return bodies.map((body) => {
    const previous = hash
    seq += 1
    hash = linkHash(previous, body)
    return { node, seq, previous, hash, body }
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
