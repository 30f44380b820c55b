import type { ReadDocument, SecurityScheme } from '../../from-openapi/document.ts'

/** The declared schemes, those first that operations ask for. */
export function schemesInUse({ securitySchemes, operations }: ReadDocument): readonly {
  readonly name: string
  readonly scheme: SecurityScheme
  readonly isUsed: boolean
}[] {
  const asked = new Set(operations.flatMap(({ security }) => security?.flat() ?? []))
  return Object.entries(securitySchemes)
    .map(([name, scheme]) => ({ name, scheme, isUsed: asked.has(name) }))
    .sort((a, b) => Number(b.isUsed) - Number(a.isUsed))
}
