import type { Operation, Plan } from '../../plan/plan.ts'

/** Operations whose template takes this path, which may be a template itself: a parameter takes anything, a word only itself. */
export function declaredAt(plan: Plan, path: string): readonly Operation[] {
  const parts = partsOf(path)
  return plan.operations.filter((operation) => {
    const template = partsOf(operation.path)
    return (
      template.length === parts.length &&
      template.every((part, index) => part.includes('{') || part.toLowerCase() === parts[index]?.toLowerCase())
    )
  })
}

const partsOf = (path: string): readonly string[] => path.replace(/\/$/, '').split('/')

/** Literal segments that all paths of the document begin with: `/api/v1`. */
export function commonPrefix({ operations }: Plan): string {
  const [first = [], ...others] = operations.map(({ path }) => partsOf(path).slice(1, -1))
  const end = first.findIndex((part, index) => part.includes('{') || others.some((other) => other[index] !== part))
  return first
    .slice(0, end === -1 ? first.length : end)
    .map((part) => `/${part}`)
    .join('')
}
