/** Whether two templates name the same paths: `/notes/{id}` and `/notes/{noteId}`. */
export const sameTemplate = (one: string, other: string): boolean => matchesTemplate(other, one)

/** Whether a path, or another template, is one of the template's: each `{name}` stands for one segment. */
export function matchesTemplate(path: string, template: string): boolean {
  const [parts, wanted] = [path.split('/'), template.split('/')]
  return (
    parts.length === wanted.length &&
    wanted.every((each, index) =>
      each.startsWith('{') ? parts[index] !== '' : each === parts[index] && !parts[index]?.startsWith('{'),
    )
  )
}
