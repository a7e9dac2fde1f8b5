import addMember from "./examples/add-member.graphql?raw";
import changeMember from "./examples/change-member.graphql?raw";
import everyProject from "./examples/every-project.graphql?raw";
import person from "./examples/person.graphql?raw";
import platforms from "./examples/platforms.graphql?raw";

const example = (query, variables) => ({
  query,
  variables: variables && JSON.stringify(variables, null, 2),
});

/** The tabs that a first visit opens with; each takes its title from its first operation. */
export const examples = [
  example(everyProject),
  example(platforms),
  example(person, { email: "amara.okonkwo@example.com", search: "amara.okonkwo@example.com" }),
  example(addMember, {
    input: { projectId: "a project's id", person: { email: "hanna.virtanen@example.com" }, role: "VIEWER" },
  }),
  example(changeMember, {
    update: { memberId: "a member's id", role: "EDITOR" },
    remove: { memberId: "a member's id" },
  }),
];
