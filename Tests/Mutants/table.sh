# What both tables of seeded bugs have in common: reading one, and applying its entries to a copy of the sources.
#
#   @@ name
#   file path        where the pieces behind it stand, up to the next such line
#   by operations    in mutants.txt: failing operations find it; without this line, seeds
#   by model [bug]   likewise: seeds seldom lead there, but models.txt has this bug, or one of this name
#   test name        any number of times, in claims.txt: what must fail
#   <<<<
#   text that stands there exactly once
#   ====
#   what it is replaced by
#   >>>>             up to eight such pieces

names=() finders=() tests=() files=() froms=() tos=() pieces=()

# table FILE
read_table() {
    local line part="" file="" from="" to="" at=-1
    while IFS= read -r line; do
        case $part$line in
        '@@ '*) at=$((at + 1)); names[at]=${line#@@ }; pieces[at]=0; finders[at]=seeds; tests[at]="" ;;
        'by '*) finders[at]=${line#by } ;;
        'file '*) file=${line#file } ;;
        'test '*) tests[at]+=${line#test }$'\n' ;;
        '<<<<') part=from: from="" ;;
        'from:====') part=to: to="" ;;
        'to:>>>>')
            place=$((at * 8 + pieces[at]))
            part="" files[place]=$file froms[place]=${from%$'\n'} tos[place]=${to%$'\n'}
            pieces[at]=$((pieces[at] + 1)) ;;
        'from:'*) from+=$line$'\n' ;;
        'to:'*) to+=$line$'\n' ;;
        esac
    done <"$1"
}

# The unmutated tree; unchanged files keep their times, so that little is built anew.
# refresh TREE
refresh() {
    local parts="Package.swift Sources CShims Tests Benchmarks docs" old
    mkdir -p "$1"
    cp -rp $parts "$1/"
    (cd "$1" && find $parts -type f) | while IFS= read -r old; do [ -e "$old" ] || rm -f "$1/$old"; done
}

# Replaces each piece once; fails when the text is not there, or there twice.
# mutate NUMBER TREE
mutate() {
    local number=$1 piece file text from rest
    for ((piece = number * 8; piece < number * 8 + pieces[number]; piece++)); do
        file="$2/${files[piece]}"
        text=$(cat "$file"; printf x); text=${text%x}
        from=${froms[piece]}
        rest=${text#*"$from"}
        [ "$rest" != "$text" ] && [ "${rest#*"$from"}" = "$rest" ] || return 1
        printf %s "${text%%"$from"*}${tos[piece]}$rest" >"$file"
    done
}

# Of these entries, the names of those whose texts are not there once. Leaves the tree as it was.
# misfits TREE NUMBER...
misfits() {
    local tree=$1 number
    for number in "${@:2}"; do
        mutate "$number" "$tree" || echo "${names[number]}"
        restore "$number" "$tree"
    done
}

# restore NUMBER TREE
restore() {
    local piece
    for ((piece = $1 * 8; piece < $1 * 8 + pieces[$1]; piece++)); do cp -p "${files[piece]}" "$2/${files[piece]}"; done
}
