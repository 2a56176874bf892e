package cdar

// form says how an element becomes a member.
type form uint8

const (
	text       form = iota // its text
	lines                  // the texts of all elements of that name around, joined by line feeds
	decimal                // its number, a string in the form of canonical documents
	moment                 // the date, with or without time, in the udt:DateTimeString or udt:DateTime that it holds
	day                    // a moment in a qdt:DateTimeString
	indicator              // true or false, in the udt:Indicator or udt:IndicatorString that it holds
	amount                 // {value, currency}
	identifier             // {id, scheme}
	file                   // {content, mimeCode, filename}
	object                 // an object with the members of a shape
	inline                 // nothing of its own: what it holds become members of the object around
)

// field ties an element in the namespace ram to a member.
type field struct {
	element string
	form    form
	name    string
	in      string // the object member that gathers it, empty for none
	list    bool   // the member is a list with one item for each element
	of      shape  // for object and inline
}

// shape is what an element holds, in the order of the schema of D22B.
type shape []field

// find returns the field of an element, nil when there is none.
func (s shape) find(element string) *field {
	for i := range s {
		if s[i].element == element {
			return &s[i]
		}
	}
	return nil
}

// parameter is what a parameter of the context holds: its identifier.
func parameter(name string) shape { return shape{{element: "ID", name: name}} }

var theParty = shape{
	{element: "ID", form: identifier, name: "localIdentifiers", list: true},
	{element: "GlobalID", form: identifier, name: "identifiers", list: true},
	{element: "Name", name: "name"},
	{element: "RoleCode", name: "roleCode"},
	{element: "URIUniversalCommunication", form: inline, of: shape{{element: "URIID", form: identifier, name: "electronicAddress"}}},
}

var theNote = shape{
	{element: "ContentCode", name: "code"},
	{element: "Content", form: lines, name: "text"},
	{element: "SubjectCode", name: "subjectCode"},
}

// theContext is rsm:ExchangedDocumentContext, theDocument rsm:ExchangedDocument: what a message says of itself.
var theContext = shape{
	{element: "TestIndicator", form: indicator, name: "test"},
	{element: "BusinessProcessSpecifiedDocumentContextParameter", form: inline, in: "process", of: parameter("businessProcess")},
	{element: "GuidelineSpecifiedDocumentContextParameter", form: inline, in: "process", of: parameter("specification")},
}

var theDocument = shape{
	{element: "ID", name: "id"},
	{element: "Name", name: "name"},
	{element: "IssueDateTime", form: moment, name: "issued"},
	{element: "IncludedNote", form: object, name: "notes", list: true, of: theNote},
	{element: "SenderTradeParty", form: object, name: "sender", of: theParty},
	{element: "IssuerTradeParty", form: object, name: "issuer", of: theParty},
	{element: "RecipientTradeParty", form: object, name: "recipients", list: true, of: theParty},
}

// theAcknowledgement is rsm:AcknowledgementDocument without its references.
var theAcknowledgement = shape{
	{element: "TypeCode", name: "typeCode"},
	{element: "IssueDateTime", form: moment, name: "statusDate"},
}

// theReference is ram:ReferenceReferencedDocument: an invoice and its status.
var theReference = shape{
	{element: "IssuerAssignedID", in: "invoice", name: "number"},
	{element: "StatusCode", name: "phase"},
	{element: "TypeCode", in: "invoice", name: "typeCode"},
	{element: "GlobalID", form: identifier, in: "invoice", name: "globalIdentifier"},
	{element: "Name", in: "invoice", name: "name"},
	{element: "ReceiptDateTime", form: moment, in: "invoice", name: "received"},
	{element: "AttachmentBinaryObject", form: file, name: "attachments", list: true},
	{element: "ReferenceTypeCode", in: "invoice", name: "referenceTypeCode"},
	{element: "FormattedIssueDateTime", form: day, in: "invoice", name: "issueDate"},
	{element: "ProcessConditionCode", name: "status"},
	{element: "ProcessCondition", form: lines, name: "statusText"},
	{element: "IssuerTradeParty", form: object, in: "invoice", name: "seller", of: theParty},
	{element: "RecipientTradeParty", form: object, in: "invoice", name: "recipients", list: true, of: theParty},
	{element: "SpecifiedDocumentStatus", form: object, name: "details", list: true, of: theDetail},
}

// theDetail is ram:SpecifiedDocumentStatus: a reason, what is asked for, and the values concerned.
var theDetail = shape{
	{element: "ReferenceDateTime", form: moment, name: "date"},
	{element: "ConditionCode", name: "conditionCode"},
	{element: "ReasonCode", name: "reasonCode"},
	{element: "Reason", form: lines, name: "reason"},
	{element: "ProcessConditionCode", name: "status"},
	{element: "ProcessCondition", form: lines, name: "statusText"},
	{element: "RequestedActionCode", name: "actionCode"},
	{element: "RequestedAction", form: lines, name: "action"},
	{element: "SequenceNumeric", form: decimal, name: "sequence"},
	{element: "IncludedNote", form: object, name: "notes", list: true, of: theNote},
	{element: "SpecifiedDocumentCharacteristic", form: object, name: "characteristics", list: true, of: theCharacteristic},
}

var theCharacteristic = shape{
	{element: "ID", name: "id"},
	{element: "TypeCode", name: "typeCode"},
	{element: "ValueChangedIndicator", form: indicator, name: "changed"},
	{element: "ValueAdjustmentDirectionCode", name: "direction"},
	{element: "Name", form: lines, name: "name"},
	{element: "Description", form: lines, name: "description"},
	{element: "Location", name: "location"},
	{element: "Value", form: lines, name: "value"},
	{element: "ValueAmount", form: amount, name: "amount"},
	{element: "ValueDateTime", form: moment, name: "date"},
	{element: "ValueCode", name: "code"},
	{element: "ValueNumeric", form: decimal, name: "number"},
	{element: "ValuePercent", form: decimal, name: "percent"},
}
