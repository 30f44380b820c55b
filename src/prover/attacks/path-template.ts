/** Whether two templates name the same paths: `/notes/{id}` and `/notes/{noteId}`. */
export const sameTemplate = (one: string, other: string): boolean =>
  alike(one, other, (part, known) => (isParameter(known) ? isParameter(part) : part === known))

/** Whether a path is one of the template's: each `{name}` stands for one segment. */
export const matchesTemplate = (path: string, template: string): boolean =>
  alike(path, template, (part, known) => (isParameter(known) ? part !== '' : part === known))

const isParameter = (part: string): boolean => part.startsWith('{')

function alike(path: string, template: string, match: (part: string, known: string) => boolean): boolean {
  const [parts, known] = [path.split('/'), template.split('/')]
  return parts.length === known.length && parts.every((part, index) => match(part, known[index] as string))
}
