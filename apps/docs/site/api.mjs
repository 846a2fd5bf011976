// The API reference as Markdown pages: one page for each name of an `index.ts`, and one for all names of an `extend.ts`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Application, Comment, CommentTag, normalizePath, ReferenceType, ReflectionKind } from "typedoc";
import { MarkdownPageEvent, MemberRouter } from "typedoc-plugin-markdown";

/** Folders `api/<package>`: a name stands in the folder of the package that defines it, whichever entry exports it first. */
class FlatRouter extends MemberRouter {
  getModuleDirectory(module) {
    return folderOf(module.name);
  }
  getModuleFileName(module) {
    return module.name.endsWith("/extend") ? "extend" : "index";
  }
  getReflectionDirectory(reflection) {
    const id = reflection.project.getSymbolIdFromReflection(reflection);
    return folderOf(id?.packageName ?? reflection.parent?.name ?? "");
  }
  getIdealBaseName(reflection) {
    if (reflection.kind !== ReflectionKind.Namespace) return super.getIdealBaseName(reflection);
    return `${this.getReflectionDirectory(reflection)}/${this.getReflectionAlias(reflection)}`;
  }
  buildChildPages(reflection, pages) {
    const parent = reflection.parent;
    if (parent?.kind === ReflectionKind.Module && parent.name.endsWith("/extend")) {
      this.buildAnchors(reflection, parent);
    } else if (!isExtend(reflection) || reflection.children?.length > 0) super.buildChildPages(reflection, pages);
  }
}

function folderOf(name) {
  return name.replace(/^@pushforward\//, "").replace(/\/.*$/, "");
}

/**
 * Writes the pages, and gives the names with their pages, and the folders of packages with a page for authors.
 *
 * @param {{ root: string, here: string, out: string, repository: string | undefined }} site
 */
export async function writeApi({ root, here, out, repository }) {
  const entries = entryPoints(root);
  const app = await Application.bootstrapWithPlugins({
    name: "pushforward",
    entryPoints: entries.map(({ entry }) => entry),
    // One compiler for all packages, which parses each file once.
    tsconfig: join(here, "tsconfig.json"),
    // `turbo run typecheck` checks the types; the compiler of TypeDoc is older.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    readme: "none",
    sortEntryPoints: false,
    disableSources: repository === undefined,
    ...(repository !== undefined && { sourceLinkTemplate: `${repository}/blob/main/{path}#L{line}` }),
    gitRevision: "main",
    plugin: ["typedoc-plugin-markdown"],
    router: "flat",
    entryFileName: "index",
    ...{ hideBreadcrumbs: true, hidePageHeader: true, hideGroupHeadings: false, useCodeBlocks: true },
    ...{ parametersFormat: "table", interfacePropertiesFormat: "table", typeAliasPropertiesFormat: "table" },
    tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true, hideSources: true },
    pageTitleTemplates: { module: "{name}", member: "{name}" },
    sanitizeComments: true,
    // Links lead to these; the numbers that a page gives to equal headings are different.
    useCustomAnchors: true,
    useHTMLEncodedBrackets: true,
    logLevel: "Warn",
  });
  app.renderer.defineRouter("flat", FlatRouter);
  const names = [];
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    finishPage(page);
    if (page.model.parent?.kindOf?.(ReflectionKind.SomeModule)) names.push(described(page.model, page.url));
  });
  const found = app.getEntryPoints() ?? [];
  const project = app.converter.convert(
    entries.map(({ name, entry }) => {
      const entryPoint = found.find(({ sourceFile }) => sourceFile.fileName === normalizePath(entry));
      if (entryPoint === undefined) throw new Error(`build-site: expected ${entry} in the program, got no such file.`);
      return { ...entryPoint, displayName: name };
    }),
  );
  listInherited(project);
  app.validate(project);
  // Links need them; a list has a name once.
  for (const module of project.children) {
    module.groups = module.groups?.filter(({ title }) => title !== "References");
    for (const child of [...(module.children ?? [])]) if (child.isReference()) project.removeReflection(child);
  }
  await app.outputs.writeOutput({ name: "markdown", path: out }, project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error("build-site: TypeDoc had warnings.");
  const authors = project.children.filter((module) => isExtend(module) && module.children?.length > 0);
  return { names, authors: authors.map(({ name }) => folderOf(name)) };
}

function isExtend(module) {
  return module.kind === ReflectionKind.Module && module.name.endsWith("/extend");
}

/**
 * Replaces the inherited members of classes by links to the class that describes them: dozens of classes have the same
 * base. Protected members of a base without a page are of no use to a reader.
 */
function listInherited(project) {
  const types = project.getReflectionsByKind(ReflectionKind.Class);
  const gone = new Set(types.flatMap(({ children = [] }) => children.filter(isElsewhere)));
  for (const type of types) {
    const lists = new Map();
    for (const member of type.children ?? []) {
      for (const part of [member, ...(member.signatures ?? [])]) nameOrigin(part, { project, gone });
      const origin = originOf(member);
      if (gone.has(member) && !gone.has(origin))
        lists.set(origin.parent, [...(lists.get(origin.parent) ?? []), origin]);
    }
    if (lists.size === 0) continue;
    type.comment ??= new Comment();
    type.comment.blockTags.push(new CommentTag("@inherited", [...lists].flatMap(linksTo)));
  }
  // A member that is gone has no origin, so all links are made before.
  for (const member of gone) {
    for (const group of member.parent.groups) group.children = group.children.filter((child) => child !== member);
    project.removeReflection(member);
  }
}

function isElsewhere(member) {
  if (member.inheritedFrom === undefined || member.kindOf(ReflectionKind.Constructor)) return false;
  return originOf(member) !== member || member.flags.isProtected;
}

/** The member that an inherited member repeats, of the first base with a page. */
function originOf(member) {
  const above = member.inheritedFrom?.reflection;
  return above === undefined ? member : originOf(above);
}

/** What a member overrides is where it is described. Constructors, and bases without a page, are not named. */
function nameOrigin(part, { project, gone }) {
  const isConstructor = part.kindOf(ReflectionKind.Constructor | ReflectionKind.ConstructorSignature);
  if (isConstructor || part.inheritedFrom?.reflection === undefined) delete part.inheritedFrom;
  const above = part.overwrites?.reflection;
  delete part.overwrites;
  if (isConstructor || above === undefined) return;
  const origin = originOf(above);
  if (gone.has(origin)) return;
  part.overwrites = ReferenceType.createResolvedReference(`${origin.parent.name}.${origin.name}`, origin, project);
}

function linksTo([base, members]) {
  const link = (target) => ({ kind: "inline-tag", tag: "@linkcode", target, text: target.name });
  const text = (text) => ({ kind: "text", text });
  return [text("\n- "), link(base), ...members.flatMap((member, i) => [text(i === 0 ? ": " : ", "), link(member)])];
}

const TYPES = ReflectionKind.Interface | ReflectionKind.TypeAlias;

/** A page as the site has it: the import first. */
function finishPage(page) {
  const { model } = page;
  const outer = model.parent?.kind === ReflectionKind.Namespace ? model.parent : model;
  const line =
    outer.parent?.kind === ReflectionKind.Module
      ? `\n\n\`import ${outer.kindOf(TYPES) ? "type " : ""}{ ${outer.name} } from "${outer.parent.name}";\``
      : "";
  page.contents = `---\npageClass: api\n---\n\n${page.contents.replace(/^# .*$/m, (title) => title + line)}`;
}

/** What a list of names says about one: its kind, and the first sentence of its comment. */
function described(reflection, url) {
  const comment = reflection.comment ?? reflection.signatures?.[0]?.comment;
  const text = (comment?.summary ?? []).map(({ text }) => text).join("");
  const summary = (/^[\s\S]*?(?<! al)[.:](?=\s+[A-Z`]|\s*$)/.exec(text)?.[0] ?? text)
    .replaceAll(/\s+/g, " ")
    .replace(/:$/, ".");
  const kind = ReflectionKind.singularString(reflection.kind).toLowerCase();
  const { parent } = reflection;
  const name = parent.kind === ReflectionKind.Namespace ? `${parent.name}.${reflection.name}` : reflection.name;
  return { name, kind, summary, url };
}

function entryPoints(root) {
  const folders = readdirSync(join(root, "packages")).sort(
    (a, b) => Number(b === "pushforward") - Number(a === "pushforward") || (a < b ? -1 : 1),
  );
  const users = folders.map((folder) => {
    const path = join(root, "packages", folder);
    const { name } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    return { name, entry: join(path, "src", "index.ts") };
  });
  const authors = users
    .map(({ name, entry }) => ({ name: `${name}/extend`, entry: join(dirname(entry), "extend.ts") }))
    .filter(({ entry }) => existsSync(entry));
  // A name for authors stands on the page of its package, not on that of `pushforward`.
  return [...users, ...authors.slice(1), ...authors.slice(0, 1)];
}
