// A tag that does not exist yet is typed into the article's form like any other; what is sent of it is
// its name behind a plus sign, and the tag is made when the article is saved.

const NEW = "+";

const start = (select) => {
  const $ = window.django.jQuery;
  const { appLabel, modelName, fieldName, newTags } = select.dataset;
  const same = (one, other) => one.localeCompare(other, undefined, { sensitivity: "base" }) === 0;
  // As the admin's own script does, which leaves no room for more.
  const data = ({ term, page }) => ({
    term,
    page,
    app_label: appLabel,
    model_name: modelName,
    field_name: fieldName,
  });
  $(select).select2({
    ajax: { data },
    tags: true,
    createTag: ({ term }) => {
      const text = term.trim().replaceAll(/\s+/g, " ");
      return /[\p{L}\p{N}]/u.test(text) ? { id: NEW + text, text, isNew: true } : null;
    },
    // Behind what was found, so that Enter takes a tag that there is.
    insertTag: (found, tag) => {
      if (!found.some((it) => same(it.text, tag.text))) found.push(tag);
    },
    templateResult: (it) => (it.isNew ? newTags.replace("%s", it.text) : it.text),
  });
};

const select = document.querySelector("select[data-new-tags]");
// Behind the admin's own script, which begins when jQuery is ready (with a quick page after "load"),
// and would make a list without new tags of it.
if (select) window.django.jQuery(() => start(select));
