import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation, Reference } from '../../plan/plan.ts'
import { typeOf } from '../../plan/sample.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'

/** The request with these values where the reference says; raw values (arrays, objects) only in a body. */
export function withIds(
  operation: Operation,
  draft: BuiltDraft,
  reference: Reference,
  ids: readonly string[],
): BuiltDraft {
  const { in: place, name, many } = reference
  switch (place) {
    case 'path': {
      const params = { ...draft.params, [name]: ids.join(',') }
      return { ...draft, params, path: fillPath(operation.path, params) }
    }
    case 'query': {
      const schema = operation.read.parameters.find((each) => each.in === 'query' && each.name === name)?.schema
      const values = many && schema && typeOf(schema) === 'array' ? ids : [ids.join(',')]
      const others = draft.query.filter(([each]) => each !== name)
      return { ...draft, query: [...others, ...values.map((value) => [name, value] as const)] }
    }
    case 'header':
      return withHeaders(draft, [[name, ids.join(',')]])
    case 'cookie':
      return withHeaders(draft, [['Cookie', `${name}=${ids.join(',')}`]])
    case 'body': {
      const typed = ids.map((id) => typedLike(valueIn(draft.body, name), id))
      const pointer = many ? name.replace(/\/\*$/, '') : name
      return { ...draft, body: withAt(draft.body ?? {}, pointer, many ? typed : typed[0]) }
    }
  }
}

const withHeaders = (draft: BuiltDraft, headers: readonly (readonly [string, string])[]): BuiltDraft => {
  const names = headers.map(([name]) => name.toLowerCase())
  return { ...draft, headers: [...draft.headers.filter(([name]) => !names.includes(name.toLowerCase())), ...headers] }
}

const valueIn = (body: unknown, pointer: string): unknown => {
  const [first = ''] = pointer.split('/*')
  const held = at(body, first)
  return typeof held === 'object' ? [...leavesOf(held)][0]?.value : held
}

const typedLike = (sample: unknown, id: string): unknown =>
  typeof sample === 'number' && /^-?\d{1,15}$/.test(id) ? Number(id) : id
